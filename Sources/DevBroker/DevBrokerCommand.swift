import ArgumentParser
import Glibc
import KafkaMockCluster

struct DevBrokerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kafka-dev-broker",
        abstract: "A Kafka broker for development: in memory, in one process, gone when it stops.",
        discussion: """
            Speaks enough of Kafka for producers and consumer groups, on a free loopback port. When it is ready it \
            prints one line on standard output:

              {"bootstrap":"127.0.0.1:PORT"}

            Give that address to the programs:

              KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:PORT zitadel-bridge run

            It keeps nothing on disk, replicates nothing, checks no password, and keeps at most 5 MiB for each \
            partition: never for production. SIGTERM or Ctrl-C stops it.
            """)

    @Option(
        name: .customLong("topic"), parsing: .singleValue,
        help: ArgumentHelp(
            "A topic to create, with its number of partitions (1 unless given); repeat it for more.",
            discussion: "Topics not named here are created with 4 partitions when a client first asks for them.",
            valueName: "NAME[:PARTITIONS]"))
    var topics: [DevTopic] = [
        DevTopic(name: "zitadel.events.v1", partitions: 12), DevTopic(name: "zitadel.events.v1.dlq", partitions: 1),
        DevTopic(name: "zitadel.bridge.cursor", partitions: 1),
    ]

    @Option(help: ArgumentHelp("How many brokers.", valueName: "N"))
    var brokers: Int32 = 1

    @Option(help: ArgumentHelp("Delays every answer by this many milliseconds.", valueName: "MS"))
    var rtt: Int32 = 0

    @Option(
        help: ArgumentHelp(
            "Tell clients to connect to this port, where a proxy of yours listens.",
            discussion: """
                For trying TLS and SASL. The line on standard output then also has "port", where the broker listens \
                and the proxy is to connect to. With one broker only.
                """, valueName: "PORT"))
    var advertisedPort: Int32?

    @Flag(help: "Stop when the process that started this one is gone.")
    var dieWithParent = false

    mutating func validate() throws {
        guard (1...100).contains(brokers) else { throw ValidationError("--brokers is a number from 1 to 100.") }
        guard (0...60_000).contains(rtt) else { throw ValidationError("--rtt is a number from 0 to 60000.") }
        guard (1...65_535).contains(advertisedPort ?? 1) else {
            throw ValidationError("--advertised-port is a number from 1 to 65535.")
        }
        guard advertisedPort == nil || brokers == 1 else {
            throw ValidationError("--advertised-port goes with one broker only.")
        }
        guard Set(topics.map(\.name)).count == topics.count else {
            throw ValidationError("--topic names a topic twice.")
        }
    }

    func run() throws {
        // Before the cluster starts its threads, which inherit what is blocked here.
        let wait = StopWait(untilParentIsGone: dieWithParent)
        let cluster = try KafkaMockCluster(brokers: brokers, advertisedPort: advertisedPort)
        for topic in topics { try cluster.createTopic(topic.name, partitions: topic.partitions) }
        if rtt > 0 { cluster.setRoundTrip(milliseconds: rtt) }
        writeLine("kafka-dev-broker: for development only. Everything is in memory and forgotten at the end.", to: 2)
        let port = advertisedPort == nil ? "" : #","port":\#(cluster.hiddenPort)"#
        writeLine(#"{"bootstrap":"\#(cluster.bootstrapServers)"\#(port)}"#, to: 1)
        wait.wait()
        withExtendedLifetime(cluster) {}
    }
}

/// A topic as it is written on the command line.
struct DevTopic: ExpressibleByArgument, Equatable {
    let name: String
    let partitions: Int32

    init(name: String, partitions: Int32) {
        self.name = name
        self.partitions = partitions
    }

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        guard let name = parts.first, Self.isTopicName(name), parts.count <= 2 else { return nil }
        guard parts.count == 2 else {
            self.init(name: String(name), partitions: 1)
            return
        }
        guard let partitions = Int32(parts[1]), (1...10_000).contains(partitions) else { return nil }
        self.init(name: String(name), partitions: partitions)
    }

    var defaultValueDescription: String { "\(name):\(partitions)" }

    /// Kafka's own rule.
    private static func isTopicName(_ name: Substring) -> Bool {
        (1...249).contains(name.utf8.count) && name != "." && name != ".."
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
