-- Records that a delivery has been handled, regardless of the token that holds the claim.
local delivery = KEYS[1]
local retention = ARGV[2]

-- A full Redis rejects a script's SET unless the script has already written. Settling a claim needs
-- no more memory than the claim, so it must not fail: the DEL comes first. A delivery that was
-- handled without a claim needs memory, so its SET may fail.
if redis.call('EXISTS', delivery) == 1 then
    redis.call('DEL', delivery)
end
redis.call('SET', delivery, 'settled', 'PX', retention)
