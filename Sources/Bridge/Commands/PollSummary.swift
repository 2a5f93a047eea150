import EventContract
import ServiceRuntime

/// What a poll or backfill did, for a person and as JSON.
struct PollSummary {
    private let report: PollReport

    init(_ report: PollReport) {
        self.report = report
    }

    /// A line, and one for each thing to know; without failures, which are told as errors.
    var text: String {
        let result = report.failure == nil ? "complete" : "not complete"
        var lines = ["\(report.path.rawValue) \(result) after \(Self.seconds(report.durationMicroseconds)): \(counts)"]
        lines.append("everything up to \(oldest?.description ?? "no time yet") is in the topic, except what is held")
        if let waited { lines.append(waited) }
        lines += report.held.map { "! held until the next poll: \($0.id), \($0.reason.words)" }
        let unnamed = report.heldCount - report.held.count
        if unnamed > 0 { lines.append("! and \(unnamed) more") }
        if report.givenUp > 0 { lines.append("! \(report.givenUp) events given up: nobody knows the users of grants") }
        if report.gapCount > 0 { lines.append("! \(report.gapCount) moments hold more events than Zitadel can show") }
        return lines.map { $0 + "\n" }.joined()
    }

    var json: String {
        var output = JSONOutput()
        report.write(to: &output)
        return output.text + "\n"
    }

    private var counts: String {
        let others = [
            ("withheld", report.withheld), ("incomplete", report.incomplete), ("malformed", report.malformed),
            ("held", report.heldCount),
        ]
        return "\(report.eventsRead) events read, \(report.published) published, \(report.duplicates) already there"
            + others.filter { $1 > 0 }.map { ", \($1) \($0)" }.joined()
    }

    /// Tells whether a backfill is as fast as Zitadel's answers; nil where that is of no interest.
    private var waited: String? {
        guard report.path == .backfill, report.durationMicroseconds > 0 else { return nil }
        let percent = report.waitedMicroseconds * 100 / report.durationMicroseconds
        return "Zitadel's answers were waited for during \(percent) % of the time"
    }

    /// Of the type that is furthest behind.
    private var oldest: EventTime? {
        var status = PollStatus()
        status.cursor = report.cursor
        return status.oldestCursor
    }

    /// With one digit, as in `1.5 s`.
    static func seconds(_ microseconds: Int64) -> String {
        let tenths = (microseconds + 50_000) / 100_000
        return "\(tenths / 10).\(tenths % 10) s"
    }
}

extension HeldEvent.Reason {
    var words: String {
        switch self {
        case .unresolvedSubject: "nobody knows the user of this grant"
        case .refused(let error): "Kafka refuses the record: \(error)"
        }
    }
}
