import ArgumentParser
import KafkaClient
import ServiceRuntime

/// `replay`: sets where the group goes on reading.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Make the consumers read records again, or leave some out.",
        discussion: """
            Sets the offsets of KAFKA_GROUP_ID in KAFKA_TOPIC, and prints them partition by partition. Stop every
            consumer of the group first: while it has members nothing is changed. Applying is idempotent, so reading
            again changes the state only where it lacks something. Leaving out loses what is left out.

              replay --to earliest                        from the oldest record of each partition
              replay --to latest                          behind the newest
              replay --to datetime 2026-01-02T03:04:05Z   from the first record that is not older, by the time it was
                                                          published
              replay --to offset 3:120 4:77               these partitions; the others stay
              replay --to shift -100                      back by records in each partition, or further

            A target outside what a partition holds becomes its oldest record or its end, with a note.

            exit code: 0 done; 1 not done, with the reason; 2 wrong usage or settings
            """)

    @Option(name: .customLong("to"), parsing: .upToNextOption, help: "Where to go on; see above.")
    var words: [String]
    @Flag(help: "Print the plan and change nothing.")
    var dryRun = false
    @Flag(help: "Print the plan as JSON.")
    var json = false
    @OptionGroup var settings: SettingsArguments

    func run() async throws {
        var arguments = settings
        let target = try target(&arguments)
        let settings = try arguments.load(for: .consumer)
        let configuration = try ConsumerConfiguration(settings)
        let logger = LogOutput(settings).logger("zitadel-consumer")
        let group: KafkaGroupOffsets
        do {
            group = try KafkaGroupOffsets(
                configuration.kafka, group: configuration.groupID, topic: configuration.topic, logger: logger)
        } catch {
            throw settings.kafkaProblem(property: error.property, "\(error)")
        }
        let plan = try await plan(target, group)
        writeToStandardOutput(
            json
                ? plan.json(group: configuration.groupID, topic: configuration.topic, isDryRun: dryRun) : plan.text)
        if !dryRun { try await group.set(plan.changes) }
        if !json { writeToStandardOutput(summary(plan, configuration)) }
    }

    private func plan(_ target: ReplayTarget, _ group: KafkaGroupOffsets) async throws -> ReplayPlan {
        var young: [Int32: Int64] = [:]
        if case .time(let milliseconds) = target { young = try await group.offsets(since: milliseconds) }
        let positions = try await group.positions()
        do throws(ReplayTargetFault) {
            return try ReplayPlan(target, at: positions, young: young)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    private func target(_ arguments: inout SettingsArguments) throws -> ReplayTarget {
        var words = words.flatMap { $0.split(separator: " ").map(String.init) }
        // To the parser, a negative number is an option that it does not know.
        if words == ["shift"], let place = arguments.arguments.firstIndex(where: { Int64($0) != nil }) {
            words.append(arguments.arguments.remove(at: place))
        }
        do throws(ReplayTargetFault) {
            return try ReplayTarget(words)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    private func summary(_ plan: ReplayPlan, _ configuration: ConsumerConfiguration) -> String {
        let count = plan.changes.count
        guard count > 0 else { return "Nothing to change: the group \(configuration.groupID) is there already.\n" }
        return dryRun
            ? "Dry run: \(count) partitions of the group \(configuration.groupID) would be set.\n"
            : "\(count) partitions of the group \(configuration.groupID) are set: start the consumers.\n"
    }
}
