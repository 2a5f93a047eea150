/// One condition under which the process can do its work, such as `kafka`.
package struct ReadinessCheck: Sendable {
    package let name: String
    /// Must answer at once, from what is known: it is asked for every probe.
    package let check: @Sendable () -> ReadinessState

    package init(name: String, check: @escaping @Sendable () -> ReadinessState) {
        self.name = name
        self.check = check
    }
}

package enum ReadinessState: Sendable, Equatable {
    case ready
    /// In words an operator understands, without secrets.
    case notReady(reason: String)
}

/// The answer of `/readyz`.
struct ReadinessReport {
    let isReady: Bool
    /// `{"ready":false,"checks":[{"name":"kafka","ready":false,"reason":"…"}]}`
    let json: String

    init(_ checks: [ReadinessCheck]) {
        let states = checks.map { ($0.name, $0.check()) }
        isReady = states.allSatisfy { $0.1 == .ready }
        var report = JSONOutput()
        report.openObject()
        report.member("ready", isReady)
        report.name("checks")
        report.openArray()
        for (name, state) in states {
            report.openObject()
            report.member("name", name)
            report.member("ready", state == .ready)
            if case .notReady(let reason) = state { report.member("reason", reason) }
            report.closeObject()
        }
        report.closeArray()
        report.closeObject()
        json = report.text
    }
}
