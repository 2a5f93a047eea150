import EventContract
import ZitadelClient

/// Reads one pass page by page: given an answer, which items are new, and what is the next question. No network.
///
/// Zitadel compares times strictly and gives all events of one transaction the same time, so a page may end in the
/// middle of such a time. The next question therefore begins a microsecond earlier, and what was seen at that time is
/// skipped. A full page of a single time is *narrowed*: each type alone, at that time only, from both ends. Narrowing
/// by sequence would find no more: a bound on it splits off an end, as reading from both ends does already.
///
/// Bounds: the ids of at most two pages are kept.
struct PassReader {
    /// What came of one page.
    struct Step: Equatable {
        /// Indexes into the page of what was not seen before.
        var items: [Int]
        /// Everything stored up to here has been in this page or an earlier one; nil when that is not known yet.
        var readThrough: EventTime?
        /// A time at which events of a type may be missing.
        var gap: PollGap?
    }

    /// Answers that no correct Zitadel gives, and after which the pass cannot go on.
    enum Misbehaviour: String, Error {
        case outsideWindow = "an event outside the asked times"
        case noTimes = "a full page without a single time"
    }

    private enum Mode {
        case reading(after: EventTime?)
        case narrowing(at: EventTime, remaining: ArraySlice<PolledType>, isAscending: Bool)
        case done
    }

    let pass: PollPass
    private let limitMax: Int
    private(set) var limit: Int
    private var mode: Mode
    /// Ids of the border that the next page repeats.
    private var seen: Set<UTF8Text> = []
    /// Nothing stored later has been seen.
    private var seenUntil = EventTime.earliest
    /// While narrowing: ids of the type's ascending page.
    private var seenAscending: Set<UTF8Text> = []

    /// - Parameter limit: events asked for in one question.
    init(_ pass: PollPass, limit: Int = EventSearch.limitMax) {
        self.pass = pass
        self.limit = limit
        limitMax = limit
        mode = .reading(after: pass.from)
    }

    /// What to ask next; nil once everything was read.
    var question: EventSearch? {
        switch mode {
        case .done: return nil
        case .reading(let after):
            return pass.question(pass.types, window: after.map { .after($0) } ?? .all, limit: limit)
        case .narrowing(let time, let remaining, let isAscending):
            let window = EventSearch.Window.between(time.previous, time.next)
            var search = pass.question(Array(remaining.prefix(1)), window: window, limit: limit)
            search.isAscending = isAscending
            return search
        }
    }

    /// The answer to `question` is too large to be sent: the next question asks for half.
    ///
    /// - Returns: false when it asked for a single event already.
    mutating func answerTooLarge() -> Bool {
        guard limit > 1 else { return false }
        limit /= 2
        return true
    }

    /// The answer to `question`.
    mutating func received(_ page: EventSearchPage) throws(Misbehaviour) -> Step {
        // Slowly, because each answer that is too large costs Zitadel as much as a good one.
        defer { limit = min(limitMax, limit + limit / 4 + 1) }
        switch mode {
        case .done: return Step(items: [])
        case .reading(let after): return try readOn(page, after)
        case .narrowing(let time, let remaining, let isAscending):
            return try narrow(page, at: time, remaining, isAscending)
        }
    }

    private mutating func readOn(_ page: EventSearchPage, _ after: EventTime?) throws(Misbehaviour) -> Step {
        // Of an item without a time nothing is known; it is no event anyway.
        let times = page.items.lazy.map(\.createdAt).filter { $0 != .epoch }
        if let after, times.contains(where: { $0 <= after }) { throw .outsideWindow }
        let items = unseen(in: page)
        guard page.items.count >= limit else {
            mode = .done
            return Step(items: items)
        }
        guard let first = times.first, let last = times.reversed().first else { throw .noTimes }
        let isStuck = after.map { last.previous <= $0 } ?? false
        if first == last || isStuck {
            mode = .narrowing(at: last, remaining: pass.types[...], isAscending: true)
        } else {
            mode = .reading(after: last.previous)
        }
        seen = ids(page, from: last)
        seenUntil = times.max() ?? last
        return Step(items: items, readThrough: last.previous)
    }

    private mutating func narrow(
        _ page: EventSearchPage, at time: EventTime, _ remaining: ArraySlice<PolledType>, _ isAscending: Bool
    ) throws(Misbehaviour) -> Step {
        if page.items.contains(where: { $0.createdAt != time && $0.createdAt != .epoch }) { throw .outsideWindow }
        var step = Step(items: unseen(in: page))
        let isWhole = page.items.count < limit
        if isAscending, !isWhole {
            seenAscending = ids(page, from: time)
            mode = .narrowing(at: time, remaining: remaining, isAscending: false)
            return step
        }
        let meets = page.items.contains { item in item.id.map { seenAscending.contains($0) } ?? false }
        if !isWhole, !meets, let type = remaining.first { step.gap = PollGap(time: time, type: type.name) }
        seenAscending = []
        guard remaining.count == 1 else {
            mode = .narrowing(at: time, remaining: remaining.dropFirst(), isAscending: true)
            return step
        }
        mode = .reading(after: time)
        seen = []
        step.readThrough = time
        return step
    }

    private func unseen(in page: EventSearchPage) -> [Int] {
        page.items.indices.filter { index in
            let item = page.items[index]
            guard item.createdAt <= seenUntil, let id = item.id else { return true }
            return !seen.contains(id) && !seenAscending.contains(id)
        }
    }

    private func ids(_ page: EventSearchPage, from time: EventTime) -> Set<UTF8Text> {
        Set(page.items.lazy.filter { $0.createdAt >= time }.compactMap(\.id))
    }
}

/// A time at which more events of one type were stored than any question can reach.
struct PollGap: Equatable, Sendable {
    let time: EventTime
    let type: String
}

extension EventTime {
    /// A microsecond earlier, which is as finely as Zitadel's database tells times apart.
    var previous: EventTime { advanced(byMicroseconds: -1) }
    var next: EventTime { advanced(byMicroseconds: 1) }
}
