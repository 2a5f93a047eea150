import EventContract

/// How far each event type has been read: everything stored up to this moment of Zitadel's clock is in the topic.
///
/// Kept per type, because a type that a later version adds to the catalogue begins at the beginning of history.
struct PollCursor: Equatable, Sendable {
    /// No entry: nothing of this type was read yet.
    private(set) var times: [String: EventTime] = [:]
    /// When the last deep sweep began, by Zitadel's clock.
    var lastSweep: EventTime?

    /// Moves types forward. Never moves one back.
    mutating func advance(_ types: some Sequence<String>, to time: EventTime) {
        for type in types where times[type].map({ $0 < time }) ?? true { times[type] = time }
    }

    /// Takes over what another cursor has read beyond this one.
    mutating func merge(_ other: PollCursor) {
        for (type, time) in other.times { advance(CollectionOfOne(type), to: time) }
        if let sweep = other.lastSweep { lastSweep = max(lastSweep ?? sweep, sweep) }
    }
}
