-- report.lua - has wrk end with one line of JSON that bench/wrk.py reads. Latencies are in microseconds.

function done(summary, latency, _)
    local errors = summary.errors
    io.write(string.format(
        '\nresult: {"requests": %d, "duration_us": %d, "bytes": %d, "p50_us": %d, "p99_us": %d, "errors": %d}\n',
        summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
        errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
