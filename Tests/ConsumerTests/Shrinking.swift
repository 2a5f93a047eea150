import EventContract

/// Finds a small history that still fails, so that a failure can be read.
enum Shrinking {
    /// Leaves events out, first large parts, then single ones, as long as the rest still fails.
    ///
    /// - Parameter fails: whether a history shows the fault; a history that cannot be judged does not.
    static func minimal(_ events: [CanonicalEvent], fails: ([CanonicalEvent]) -> Bool) -> [CanonicalEvent] {
        var smallest = events
        var size = smallest.count / 2
        while size > 0 {
            var start = 0
            while start < smallest.count {
                var shorter = smallest
                shorter.removeSubrange(start..<min(start + size, shorter.count))
                if fails(shorter) { smallest = shorter } else { start += size }
            }
            size /= 2
        }
        return smallest
    }

    /// One line an event: id, type and time.
    static func text(_ events: [CanonicalEvent]) -> String {
        events.map { "\($0.id) \($0.type.name) at \($0.time.microsecondsSinceEpoch)" }.joined(separator: "\n")
    }
}
