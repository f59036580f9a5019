-- Lets the lease of the token's own claim begin again, and takes a claim back whose lease ran out unless another
-- has it. Returns whether the claim is the token's.
local delivery = KEYS[1]
local token, lease = ARGV[2], ARGV[3]

local state = redis.call('GET', delivery)
if state == token then
    -- Not a SET, which a full Redis refuses.
    redis.call('PEXPIRE', delivery, lease)
    return 1
end
if state then
    return 0
end
redis.call('SET', delivery, token, 'PX', lease)
return 1
