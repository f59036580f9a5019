-- Claims a delivery and binds its signature, if it has one.
--
-- May run twice with the same token, when the first answer was lost: then the claim is the caller's.
local delivery, signature = KEYS[1], KEYS[2]
local id, token, lease, binding = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

local bound = signature and redis.call('GET', signature)
if bound and bound ~= id then
    return 'signature reused'
end

local state = redis.call('GET', delivery)
local beyond_memory = state and string.match(state, '^settled (%d+)$')
local claim = 'granted'
if beyond_memory then
    -- How long it is known beyond its memory, it is so only to what is bound to it.
    local remembered = redis.call('PTTL', delivery) > tonumber(beyond_memory)
    if bound or remembered then
        claim = 'settled'
    end
elseif state and state ~= token then
    claim = 'in progress'
end

if signature and not bound then
    redis.call('SET', signature, id, 'PX', binding)
end
if claim == 'granted' then
    redis.call('SET', delivery, token, 'PX', lease)
end
return claim
