import ServiceRuntime

/// What one check of `doctor` found.
struct DoctorFinding: Equatable, Sendable {
    enum Level: String, Sendable {
        case ok
        /// Works, with something to know.
        case warn
        case fail
    }

    let level: Level
    let check: String
    let detail: String
    /// What to do; nil when there is nothing to be done.
    let fix: String?

    static func ok(_ check: String, _ detail: String) -> DoctorFinding {
        DoctorFinding(level: .ok, check: check, detail: detail, fix: nil)
    }

    static func warn(_ check: String, _ advice: Advice) -> DoctorFinding {
        DoctorFinding(level: .warn, check: check, detail: advice.problem, fix: advice.fix)
    }

    static func fail(_ check: String, _ advice: Advice) -> DoctorFinding {
        DoctorFinding(level: .fail, check: check, detail: advice.problem, fix: advice.fix)
    }
}

extension [DoctorFinding] {
    var isGood: Bool { allSatisfy { $0.level != .fail } }

    /// `ok    kafka       …` lines, each with its `fix:` line.
    var text: String {
        let width = (map(\.check.count).max() ?? 0) + 2
        return map { finding in
            let check = finding.check + String(repeating: " ", count: width - finding.check.count)
            let level = finding.level.rawValue + String(repeating: " ", count: 6 - finding.level.rawValue.count)
            let fix = finding.fix.map { "      fix: \($0)\n" } ?? ""
            return "\(level)\(check)\(finding.detail)\n\(fix)"
        }.joined()
    }

    var json: String {
        var output = JSONOutput()
        output.openObject()
        output.member("ok", isGood)
        output.name("checks")
        output.openArray()
        for finding in self {
            output.openObject()
            output.member("level", finding.level.rawValue)
            output.member("check", finding.check)
            output.member("detail", finding.detail)
            if let fix = finding.fix { output.member("fix", fix) }
            output.closeObject()
        }
        output.closeArray()
        output.closeObject()
        return output.text + "\n"
    }
}
