/// The JSON form of `google.protobuf.Duration`, such as `5s` or `1.500s`.
enum ProtobufDuration {
    static func text(milliseconds: Int64) -> String {
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        return rest == 0 ? "\(seconds)s" : "\(seconds).\(String(1000 + rest).dropFirst())s"
    }

    /// Digits below a millisecond are cut.
    /// - Returns: nil for what is no duration, or a negative one.
    static func milliseconds(_ text: String) -> Int64? {
        guard text.last == "s" else { return nil }
        let parts = text.dropLast().split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }),
            // Protobuf's own bound, about 10,000 years.
            let seconds = Int64(parts[0]), seconds <= 315_576_000_000
        else { return nil }
        let fraction = parts.count == 2 ? parts[1].prefix(3) : "0"
        let digits = fraction + String(repeating: "0", count: 3 - fraction.count)
        return seconds * 1000 + (Int64(digits) ?? 0)
    }
}
