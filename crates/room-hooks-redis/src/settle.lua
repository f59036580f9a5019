-- Notes that a delivery has been handled, whoever holds it.
local delivery = KEYS[1]
local known, beyond_memory = ARGV[2], ARGV[3]

-- Redis without memory refuses a script's SET unless the script has written before. To note what is
-- done takes no more room than the claim did, and must not fail for want of it.
redis.call('DEL', delivery)
redis.call('SET', delivery, 'settled ' .. beyond_memory, 'PX', known)
