import ServiceRuntime

extension StatusDocument {
    private static let meanName = "created_to_published_mean_ms"

    /// For a person: a line a subject, and a table of the events.
    ///
    /// - Parameter problems: what the readiness probe found.
    func text(url: String, isReady: Bool, problems: [String]) -> String {
        var lines = ["bridge \(version) at \(url): \(isReady ? "ready" : "not ready")"]
        lines += problems.map { "! \($0)" }
        lines.append(
            row("zitadel", zitadel.map { "instance \($0.instance), version \($0.version)" } ?? "not known yet"))
        lines += registrationLines + pollingLines + eventLines
        return lines.map { $0 + "\n" }.joined()
    }

    private func row(_ name: String, _ text: String) -> String { Self.left(name, 14) + text }

    private var registrationLines: [String] {
        var details: [String] = []
        if let target = registration.target { details.append("target \(target)") }
        if let flavour = registration.flavour { details.append("Actions API \(flavour)") }
        if let conditions = registration.conditions { details.append("\(conditions) event types") }
        if let attempts = registration.attempts { details.append("\(attempts) attempts") }
        if let reason = registration.reason { details.append(reason) }
        let state = ([registration.state] + details).joined(separator: ", ")
        var lines = [row("registration", state)]
        if let problem = registration.problem { lines += Self.advice(problem, registration.fix) }
        for warning in registration.warnings ?? [] { lines += Self.advice(warning.problem, warning.fix) }
        return lines
    }

    private static func advice(_ problem: String, _ fix: String?) -> [String] {
        ["! \(problem)"] + (fix.map { ["  fix: \($0)"] } ?? [])
    }

    private var pollingLines: [String] {
        guard let polling else { return [row("polling", "none: ZITADEL_PAT is not set, and lost webhooks stay lost")] }
        var lines = [row("polling", polling.words)]
        if polling.elected {
            let cursor = polling.cursor.map { "\($0.time), \(Self.duration($0.ageMs)) ago" }
            lines.append(row("cursor", cursor ?? "none yet: all of history is read"))
        }
        if let latest = polling.latest {
            lines.append(
                row(
                    "last \(latest.path)",
                    "\(latest.result), \(latest.startedAt), took \(latest.durationMs) ms: "
                        + "\(latest.events) events read, \(latest.published) published, "
                        + "\(latest.duplicates) already there"))
            if let offset = latest.clockOffsetMs, offset.magnitude > 30_000 {
                lines.append("! Zitadel's clock differs from the bridge's by \(offset / 1000) s")
            }
            if latest.held > 0 { lines.append(row("held", "\(latest.held) until the next poll")) }
            lines += (latest.heldEvents ?? []).map { "! \($0.id): \($0.reason)" }
        }
        if polling.givenUp > 0 { lines.append("! \(polling.givenUp) events given up") }
        if polling.gaps > 0 { lines.append("! \(polling.gaps) moments hold more events than Zitadel can show") }
        return lines
    }

    private var eventLines: [String] {
        let paths = [
            ("webhook", events.webhook), ("poll", events.poll), ("sweep", events.sweep), ("backfill", events.backfill),
        ]
        let outcomes = Set(paths.flatMap { ($0.1 ?? [:]).keys }).subtracting([Self.meanName]).sorted { one, other in
            (one == "published" ? 0 : 1, one) < (other == "published" ? 0 : 1, other)
        }
        var lines = [Self.left("events", 18) + paths.map { Self.right($0.0, 10) }.joined()]
        for name in outcomes {
            lines.append("  " + Self.left(name, 16) + paths.map { Self.right("\($0.1?[name] ?? 0)", 10) }.joined())
        }
        let means = paths.map { $0.1?[Self.meanName].map { "\($0)" } ?? "-" }
        lines.append("  " + Self.left("mean ms", 16) + means.map { Self.right($0, 10) }.joined())
        lines.append("                  (from the event's creation to its acknowledgement by Kafka)")
        if let twice = events.duplicatesInTopic, twice > 0 {
            lines.append(row("doubles", "\(twice) records were in the topic twice"))
        }
        return lines
    }

    private static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }

    /// Of milliseconds, such as `12s`, `3m05s` or `2h10m`.
    static func duration(_ milliseconds: Int64) -> String {
        ProgressConsole.duration(Int(max(0, milliseconds) / 1000))
    }
}

extension StatusDocument.Polling {
    /// Such as `elected; next in 4m50s`.
    fileprivate var words: String {
        guard elected else { return "by another bridge" }
        var words = ["elected"]
        if polling { words.append("a poll is under way") }
        if let nextInMs { words.append("next in \(StatusDocument.duration(nextInMs))") }
        if failuresInARow > 0 { words.append("\(failuresInARow) failures in a row") }
        return words.joined(separator: "; ")
    }
}
