import ArgumentParser
import EventContract
import ServiceRuntime

/// `state explain`: why a user has a role on a project, or why not.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Print why a user has a role on a project, or why not, and by which events.")

    @Option(help: "The user's id in Zitadel.")
    var user: String
    @Option(help: "The project's id in Zitadel.")
    var project: String
    @Option(help: "The key of the role.")
    var role: String
    @Option(help: "The id of the organization that owns the grant; any when it is left out.")
    var org: String?
    @OptionGroup var settings: SettingsArguments

    func run() async throws {
        let configuration = try ConsumerConfiguration(try settings.load(for: .consumer))
        let explanation = try configuration.state.reader().explanation(
            user: UTF8Text(user), project: UTF8Text(project), role: UTF8Text(role), org: org.map { UTF8Text($0) })
        print(explanation.text(grantsOn: project), terminator: "")
    }
}

extension AccessExplanation {
    /// `yes` or `no`, then each section with its conditions, the deciding event and its time.
    func text(grantsOn project: String) -> String {
        var text = isAllowed ? "yes\n" : "no\n"
        for section in [user] + grants {
            text += "\(section.title)\n"
            for condition in section.conditions {
                text += "  \(condition.holds ? "ok" : "NO")  \(condition.text)"
                if let event = condition.event { text += "  (\(event)" }
                if let time = condition.time { text += ", \(WallClock.rfc3339(time))" }
                text += condition.event == nil ? "\n" : ")\n"
            }
        }
        if grants.isEmpty { text += "no grant on project \(project) has arrived\n" }
        return text
    }
}
