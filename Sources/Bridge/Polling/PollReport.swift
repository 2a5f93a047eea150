import EventContract

/// What one poll did, also when it failed half-way.
struct PollReport: Equatable, Sendable {
    /// Held events and gaps that are named; more are only counted.
    static let namedMax = 100

    let path: EventPath
    /// How far everything is in the topic now.
    var cursor: PollCursor
    /// Our clock, in microseconds since 1970.
    let startedAt: Int64
    var durationMicroseconds: Int64 = 0
    /// Of it, the time in which there was nothing to do but to wait for an answer of Zitadel.
    var waitedMicroseconds: Int64 = 0
    /// Questions asked of Zitadel, lookups of grants included.
    var questions = 0
    var pages = 0
    /// Items of the pages that were not seen in the page before.
    var eventsRead = 0
    var published = 0
    var duplicates = 0
    var withheld = 0
    var incomplete = 0
    var malformed = 0
    /// Events that stay for the next poll; the first ones are named.
    var heldCount = 0
    var held: [HeldEvent] = []
    /// Events without a known subject, too old to wait for any longer: never published.
    var givenUp = 0
    var gapCount = 0
    var gaps: [PollGap] = []
    /// Zitadel's clock less ours, in microseconds.
    var clockOffset: Int64?
    /// nil when everything was read.
    var failure: PollFailure?

    init(path: EventPath, cursor: PollCursor, startedAt: Int64) {
        self.path = path
        self.cursor = cursor
        self.startedAt = startedAt
    }

    /// Takes over the counts. Held events are for `hold`.
    mutating func count(_ outcome: PageOutcome) {
        published += outcome.published
        duplicates += outcome.duplicates
        withheld += outcome.withheld
        incomplete += outcome.incomplete
        malformed += outcome.malformed
    }

    mutating func hold(_ event: HeldEvent) {
        heldCount += 1
        if held.count < Self.namedMax { held.append(event) }
    }

    mutating func note(_ gap: PollGap) {
        gapCount += 1
        if gaps.count < Self.namedMax { gaps.append(gap) }
    }
}

extension PageOutcome {
    static func += (total: inout PageOutcome, more: PageOutcome) {
        total.published += more.published
        total.duplicates += more.duplicates
        total.withheld += more.withheld
        total.incomplete += more.incomplete
        total.malformed += more.malformed
        total.held += more.held
    }
}
