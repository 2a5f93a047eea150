import ServiceRuntime
import Testing

private enum Outcome: String, MetricLabel {
    case published
    case refused
}

@Suite("Metrics")
struct MetricsTests {
    @Test("The exposition has help, type, escapes and cumulated buckets")
    func exposition() {
        let metrics = MetricsRegistry()
        let events = metrics.counters(
            "bridge_events_total", help: "Events \\ by\noutcome.", label: "outcome", of: Outcome.self)
        events[.refused].increment(by: 2)
        metrics.gauge("bridge_queue_length", help: "Queue.", labels: [MetricPair("name", "a\"b\\c\nd")]).set(-3)
        metrics.gauge("computed", help: "Read.") { 1.5 }
        metrics.gauge("left_out", help: "Read.") { nil }
        let latency = metrics.histogram("bridge_latency_seconds", help: "Latency.", bounds: [100, 1000, 2_000_000])
        for value: Int64 in [100, 101, 5_000_000] { latency.observe(value) }
        #expect(
            metrics.render() == #"""
                # HELP bridge_events_total Events \\ by\noutcome.
                # TYPE bridge_events_total counter
                bridge_events_total{outcome="published"} 0
                bridge_events_total{outcome="refused"} 2
                # HELP bridge_latency_seconds Latency.
                # TYPE bridge_latency_seconds histogram
                bridge_latency_seconds_bucket{le="0.0001"} 1
                bridge_latency_seconds_bucket{le="0.001"} 2
                bridge_latency_seconds_bucket{le="2"} 2
                bridge_latency_seconds_bucket{le="+Inf"} 3
                bridge_latency_seconds_sum 5.000201
                bridge_latency_seconds_count 3
                # HELP bridge_queue_length Queue.
                # TYPE bridge_queue_length gauge
                bridge_queue_length{name="a\"b\\c\nd"} -3
                # HELP computed Read.
                # TYPE computed gauge
                computed 1.5
                # HELP left_out Read.
                # TYPE left_out gauge

                """#)
    }

    @Test("The same name and labels give the same counter")
    func sameCounter() {
        let metrics = MetricsRegistry()
        metrics.counter("a_total", help: "A.").increment()
        #expect(metrics.counter("a_total", help: "A.").value == 1)
    }

    @Test("Counts of many tasks add up")
    func concurrency() async {
        let counter = Counter()
        await withTaskGroup { group in
            for _ in 0..<8 { group.addTask { for _ in 0..<10_000 { counter.increment() } } }
        }
        #expect(counter.value == 80_000)
    }

    @Test("The process metrics are there and plausible")
    func process() throws {
        let metrics = MetricsRegistry()
        metrics.registerProcessMetrics()
        let values = metrics.render().split(separator: "\n").filter { !$0.hasPrefix("#") }
            .reduce(into: [Substring: Double]()) { result, line in
                let parts = line.split(separator: " ")
                result[parts[0]] = Double(parts[1])
            }
        #expect(try #require(values["process_cpu_seconds_total"]) > 0)
        #expect(try #require(values["process_resident_memory_bytes"]) > 1_000_000)
        #expect(try #require(values["process_open_fds"]) >= 3)
        #expect(try #require(values["process_start_time_seconds"]) > 1_700_000_000)
    }
}
