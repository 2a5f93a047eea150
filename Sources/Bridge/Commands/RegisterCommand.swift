import ArgumentParser
import EventContract
import ServiceRuntime
import ZitadelClient

/// `register`: the target and its executions, as `run` registers them.
struct RegisterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "register", abstract: "Register the webhook in Zitadel, or show what that would change.",
        discussion: """
            Creates or repairs the target BRIDGE_TARGET_NAME and puts it into the execution of each event type that
            becomes a record. `run` does the same by itself; use this to look first (--dry-run), or to register once
            with a token of an IAM_OWNER, so that `run` needs no more than IAM_OWNER_VIEWER.

            Zitadel fires only the most exact execution for an event. So targets of others stay where they are, and
            those of a broader execution are carried over into a new one, which would silence them otherwise.

              + creates    ~ changes    - removes    ! needs your attention

            Needs ZITADEL_GRPC_HOST, ZITADEL_PAT and ZITADEL_WEBHOOK_ENDPOINT; ZITADEL_INSTANCE_HOST when the API is
            reached by an internal address. Running it again changes nothing more. The signing key is not shown: the
            bridge reads it from Zitadel.

            exit code: 0 done, or shown; 1 Zitadel refused or cannot be reached; 2 wrong usage or settings
            """)

    @Flag(help: "Only print the difference.")
    var dryRun = false
    @Flag(help: "Print JSON.")
    var json = false
    @OptionGroup var settings: SettingsArguments

    func run() async throws {
        try await withRegistration(settings) { registration, settings in
            try settings.require(.zitadelWebhookEndpoint)
            let output = try await registration.register(
                TargetSpecification(
                    name: registration.targetName, endpoint: settings.string(.zitadelWebhookEndpoint)),
                eventTypes: Catalogue.eventTypes, instanceID: settings.optionalString(.zitadelInstanceID),
                isDryRun: dryRun)
            writeToStandardOutput(json ? output.json : output.text)
        }
    }
}

/// `unregister`: what is ours goes, everything else stays or comes back.
struct UnregisterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unregister", abstract: "Remove the webhook from Zitadel, and nothing else.",
        discussion: """
            Takes the target BRIDGE_TARGET_NAME out of every execution and deletes it. An execution that is left with
            what the broader one calls is switched off, so that the broader one fires again as before `register`.

            Stop the bridges first, or unset their ZITADEL_WEBHOOK_ENDPOINT: a running bridge registers again within
            BRIDGE_POLL_INTERVAL. Needs ZITADEL_GRPC_HOST and ZITADEL_PAT of an IAM_OWNER.

            exit code: 0 done, or shown; 1 Zitadel refused or cannot be reached; 2 wrong usage or settings
            """)

    @Flag(help: "Only print the difference.")
    var dryRun = false
    @Flag(help: "Print JSON.")
    var json = false
    @OptionGroup var settings: SettingsArguments

    func run() async throws {
        try await withRegistration(settings) { registration, settings in
            let output = try await registration.unregister(
                instanceID: settings.optionalString(.zitadelInstanceID), isDryRun: dryRun)
            writeToStandardOutput(json ? output.json : output.text)
        }
    }
}
