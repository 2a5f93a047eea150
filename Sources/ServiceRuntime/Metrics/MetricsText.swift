/// Prometheus text exposition format 0.0.4.
struct MetricsText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    mutating func append(name: String, _ family: Family) {
        text += "# HELP \(name) \(Self.escaped(family.help, quotes: false))\n# TYPE \(name) \(family.kind.rawValue)\n"
        for series in family.series {
            switch series.sample {
            case .counter(let counter): append(name, series.labels, "\(counter.value)")
            case .gauge(let gauge): append(name, series.labels, "\(gauge.value)")
            case .computed(let read):
                if let value = read() { append(name, series.labels, Self.number(value)) }
            case .histogram(let histogram): append(name, series.labels, histogram)
            }
        }
    }

    private mutating func append(_ name: String, _ labels: [MetricPair], _ histogram: Histogram) {
        var cumulated: UInt64 = 0
        let limits = histogram.bounds.map { Self.number(Double($0) / histogram.scale) } + ["+Inf"]
        for (count, limit) in zip(histogram.counts, limits) {
            cumulated += count
            append(name + "_bucket", labels + [MetricPair("le", limit)], "\(cumulated)")
        }
        append(name + "_sum", labels, Self.number(Double(histogram.sum) / histogram.scale))
        append(name + "_count", labels, "\(cumulated)")
    }

    private mutating func append(_ name: String, _ labels: [MetricPair], _ value: String) {
        text += name
        if !labels.isEmpty {
            text +=
                "{" + labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }.joined(separator: ",")
                + "}"
        }
        text += " \(value)\n"
    }

    private static func escaped(_ value: String, quotes: Bool) -> String {
        var result = ""
        for character in value {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.append(character)
            }
        }
        return result
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }
}
