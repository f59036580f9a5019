-- Lets the lease of the token's own claim begin anew.
local delivery = KEYS[1]
local token, lease = ARGV[2], ARGV[3]

if redis.call('GET', delivery) == token then
    redis.call('PEXPIRE', delivery, lease)
end
