extension EventTime {
    package static let earliest = EventTime(microsecondsSinceEpoch: rangeOfMicroseconds.lowerBound) ?? .epoch
    package static let latest = EventTime(microsecondsSinceEpoch: rangeOfMicroseconds.upperBound) ?? .epoch

    /// The nearest time that RFC 3339 can write.
    package init(clamping microseconds: Int64) {
        let range = Self.rangeOfMicroseconds
        self = EventTime(microsecondsSinceEpoch: min(max(microseconds, range.lowerBound), range.upperBound)) ?? .epoch
    }

    /// This time and so many microseconds, held within the years 0000 to 9999.
    package func advanced(byMicroseconds count: Int64) -> EventTime {
        let (sum, overflow) = microsecondsSinceEpoch.addingReportingOverflow(count)
        return overflow ? (count > 0 ? .latest : .earliest) : EventTime(clamping: sum)
    }

    /// Reads an RFC 3339 time, as `init(_:)` of bytes does.
    package init?(_ text: String) {
        var text = text
        guard let time = text.withUTF8({ EventTime(UnsafeRawBufferPointer($0)) }) else { return nil }
        self = time
    }
}
