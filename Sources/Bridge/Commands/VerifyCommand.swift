import ArgumentParser
import EventContract
import ServiceRuntime

/// `verify`: why a captured webhook is or is not accepted. Asks nobody.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Say whether a captured webhook is accepted, and which check it fails.",
        discussion: """
            Needs the body exactly as it was sent, in a file, the value of its ZITADEL-Signature header, and the key or
            keys in ZITADEL_SIGNING_KEY. Zitadel stamps each call, so give the time of the capture with --at: at any
            other time it is stale. ZITADEL_INSTANCE_ID is compared when it is set.

              zitadel-bridge verify body.json --header 't=1767323045,v1=4d0d…' --at 2026-01-02T03:04:06Z

            Prints a line a check and nothing of the payload. Nothing is sent.

            exit code: 0 it would be published; 1 a check fails; 2 wrong usage or settings
            """)

    @Argument(help: "File with the body's bytes, at most BRIDGE_MAX_BODY of them.")
    var body: String
    @Option(help: "Value of ZITADEL-Signature; without it the request counts as not signed.")
    var header: String?
    @Option(help: "Time of the check, RFC 3339 or unix seconds. The default is now.")
    var at: String?
    @OptionGroup var settings: SettingsArguments

    func run() async throws {
        let settings = try settings.load(for: .bridge)
        try settings.require(.zitadelSigningKey)
        let sizeMax = settings.byteSize(.bridgeMaxBody)
        guard let bytes = readSmallFile(body, sizeMax: sizeMax) else {
            throw ValidationError("\(body) cannot be read, or has more than \(sizeMax) bytes (BRIDGE_MAX_BODY).")
        }
        let verification = Verification(
            Verification.Request(
                body: bytes, header: header, keys: settings.list(.zitadelSigningKey),
                tolerance: settings.duration(.bridgeSignatureTolerance).components.seconds, now: try time(),
                instanceID: settings.optionalString(.zitadelInstanceID)))
        writeToStandardOutput(verification.text)
        guard verification.isGood else { throw ExitCode(1) }
    }

    /// Unix seconds.
    private func time() throws -> Int64 {
        guard let at else { return WallClock.system.microseconds() / 1_000_000 }
        if let seconds = Int64(at), seconds.magnitude < 1 << 40 { return seconds }
        let time = Array(at.utf8).withUnsafeBytes { EventTime($0) }
        guard let time else { throw ValidationError("--at \(at) is neither RFC 3339 nor unix seconds.") }
        return time.microsecondsSinceEpoch / 1_000_000
    }
}
