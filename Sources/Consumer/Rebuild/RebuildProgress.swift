import ServiceRuntime

/// How far the reading of a rebuild is.
package struct RebuildProgress: Equatable, Sendable {
    package let read: Int64
    package let total: Int64
    /// Records a second since the start.
    package let rate: Int64

    /// - Parameter microseconds: since the start.
    package init(read: Int64, total: Int64, microseconds: Int64) {
        self.read = read
        self.total = total
        rate = Int64(Double(read) / (Double(max(1, microseconds)) / 1_000_000))
    }

    package var fraction: Double { total == 0 ? 1 : Double(read) / Double(total) }

    /// Nil while no record has been read.
    package var secondsLeft: Int? { rate == 0 ? nil : Int((total - read) / rate) }

    /// `[##########..........] 50 %  120000 of 240000 records  19000/s  6s left`.
    package var line: String {
        let left = secondsLeft.map { "  \(ProgressConsole.duration($0)) left" } ?? ""
        return "\(ProgressConsole.bar(fraction))  \(read) of \(total) records  \(rate)/s\(left)"
    }
}
