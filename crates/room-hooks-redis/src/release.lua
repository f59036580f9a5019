-- Releases a claim if the token holds it. The signature stays bound.
local delivery = KEYS[1]
local token = ARGV[2]

if redis.call('GET', delivery) == token then
    redis.call('DEL', delivery)
end
