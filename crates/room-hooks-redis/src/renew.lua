-- Renews the lease of a claim if the token holds it, and reclaims an expired one unless another
-- token has claimed it. Returns whether the token holds the claim.
local delivery = KEYS[1]
local token, lease = ARGV[2], ARGV[3]

local state = redis.call('GET', delivery)
if state == token then
    -- A full Redis rejects SET, but not PEXPIRE.
    redis.call('PEXPIRE', delivery, lease)
    return 1
end
if state then
    return 0
end
redis.call('SET', delivery, token, 'PX', lease)
return 1
