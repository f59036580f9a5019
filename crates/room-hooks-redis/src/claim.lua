-- Claims a delivery and binds its signature, if it has one.
--
-- If the first reply was lost, this runs again with the same token, and the claim is granted again.
local delivery, signature = KEYS[1], KEYS[2]
local id, token, lease, retention = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local bound = signature and redis.call('GET', signature)
if bound and bound ~= id then
    return 'signature reused'
end
if signature and not bound then
    redis.call('SET', signature, id, 'PX', retention)
end

local state = redis.call('GET', delivery)
if state == 'settled' then
    return 'settled'
elseif state and state ~= token then
    return 'in progress'
end
redis.call('SET', delivery, token, 'PX', lease)
return 'granted'
