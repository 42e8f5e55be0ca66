-- lines.lua - has wrk make one request after another of a file with a request in each line, and begin again at its end:
-- wrk ... -s lines.lua URL -- FILE. A line is a method, a space and the target.
require "report"

local requests = {}
local at = 0

function init(arguments)
    for line in io.lines(arguments[1]) do
        local method, target = line:match("^(%u+) (.*)$")
        requests[#requests + 1] = wrk.format(method, target)
    end
end

function request()
    at = at % #requests + 1
    return requests[at]
end
