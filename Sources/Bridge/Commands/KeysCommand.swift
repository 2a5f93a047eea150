import ArgumentParser
import ServiceRuntime
import ZitadelClient

/// `keys`: the signing key of our target.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Replace the signing key.", subcommands: [RotateCommand.self])

    struct RotateCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate", abstract: "Give the target a new signing key, at once.",
            discussion: """
                Safe while bridges run: calls that wait in Zitadel's queue are still signed with the old key, which
                bridges accept for another 5 minutes plus BRIDGE_SIGNATURE_TOLERANCE. They read the new key from Zitadel
                at the first call that is signed with it; that call is refused, and polling brings its event.

                Bridges that only have the key of ZITADEL_SIGNING_KEY do not learn the new one. When that is set here,
                --yes is required, and --print-key gives what to put there.

                exit code: 0 done, or shown; 1 Zitadel refused, or has no such target; 2 wrong usage or settings
                """)

        @Flag(help: "Only print which target would get a new key.")
        var dryRun = false
        @Flag(help: "Rotate although ZITADEL_SIGNING_KEY is set.")
        var yes = false
        @Flag(help: "Print the new key, a secret, on standard output.")
        var printKey = false
        @OptionGroup var settings: SettingsArguments

        func run() async throws {
            try await withRegistration(settings) { registration, settings in
                guard dryRun || yes || settings.list(.zitadelSigningKey).isEmpty else {
                    throw ConfigurationError([
                        settings.problem(
                            .zitadelSigningKey,
                            "is set: bridges that only have this key refuse every webhook after a rotation until it "
                                + "is replaced. Rotate with --yes --print-key, and put the new key there")
                    ])
                }
                let rotated = try await registration.rotate(
                    instanceID: settings.optionalString(.zitadelInstanceID), isDryRun: dryRun)
                let line = "~ target \(registration.targetName) (\(rotated.target)): a new signing key\n"
                writeToStandardOutput(printKey ? rotated.key.map { $0 + "\n" } ?? line : line)
            }
        }
    }
}

extension Registration {
    /// - Returns: the target's id, and its new key, a secret, unless it was a dry run.
    func rotate(instanceID: String?, isDryRun: Bool) async throws -> (target: String, key: String?) {
        _ = try await instance(expected: instanceID)
        guard let target = try await targets().min(by: { $0.id < $1.id }) else { throw NoSuchTarget(name: targetName) }
        return (target.id, isDryRun ? nil : try await rotateSigningKey(ofTarget: target.id))
    }
}

/// Zitadel has no target of our name.
struct NoSuchTarget: Error, CustomStringConvertible {
    let name: String

    var description: String {
        "Zitadel has no target named \(name). Register first, or correct BRIDGE_TARGET_NAME."
    }
}
