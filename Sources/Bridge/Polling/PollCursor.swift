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

    /// Moves a type back before an event that a sweep found behind the cursor and could not publish. Never moves one
    /// forward. Only together with a later `lastSweep`: `merge` and whoever finds an older cursor rely on that.
    mutating func setBack(_ type: String, to time: EventTime) {
        if let known = times[type], time < known { times[type] = time }
    }

    /// Takes over what another cursor has read beyond this one.
    ///
    /// After different sweeps only the cursor of the later one counts: that sweep may have set types back, and the
    /// other has read past what it holds. What the other had read beyond it is read again.
    mutating func merge(_ other: PollCursor) {
        let (ours, theirs) = (lastSweep ?? .earliest, other.lastSweep ?? .earliest)
        guard ours == theirs else {
            if ours < theirs { self = other }
            return
        }
        for (type, time) in other.times { advance(CollectionOfOne(type), to: time) }
    }
}
