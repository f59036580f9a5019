-- Binds a signature to a delivery without a claim. Returns whether the signature belongs to the
-- delivery.
local signature = KEYS[2]
local id, retention = ARGV[1], ARGV[2]

local bound = redis.call('GET', signature)
if bound then
    return bound == id and 1 or 0
end
redis.call('SET', signature, id, 'PX', retention)
return 1
