-- post.lua - has wrk post meows, each with a body of its own: six to eleven words of a vocabulary of 400, and a number.
require "report"

local words = {}
local prefix, suffix

function init(_)
    local syllables = {"mi", "au", "pur", "ro", "ta", "le", "shi", "no", "ka", "ve"}
    for _, first in ipairs(syllables) do
        for _, second in ipairs(syllables) do
            for third = 1, 4 do
                words[#words + 1] = first .. second .. syllables[third]
            end
        end
    end
    math.randomseed(os.time())
    prefix = "POST /meows HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port ..
        "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: "
    suffix = "\r\n\r\nbody="
end

local count = 0

function request()
    count = count + 1
    local body = tostring(count)
    for _ = 1, math.random(6, 11) do
        body = body .. "+" .. words[math.random(#words)]
    end
    return prefix .. (#body + 5) .. suffix .. body
end
