-- Notes that a delivery has been handled, whichever token holds it.
local delivery = KEYS[1]
local retention = ARGV[2]

-- Redis without memory refuses a script's SET unless the script has written before. To settle a claim takes no more
-- room than the claim did, and must not fail for want of it. A delivery that was handled without a claim takes
-- room, and is refused it.
if redis.call('EXISTS', delivery) == 1 then
    redis.call('DEL', delivery)
end
redis.call('SET', delivery, 'settled', 'PX', retention)
