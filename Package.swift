// swift-tools-version:6.2
import PackageDescription

// Each entry says why it is here in README.md, "Dependencies". Versions are exact: an identity product is rebuilt from
// what was reviewed.
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nio: [Target.Dependency] = ["NIOCore", "NIOHTTP1", "NIOPosix"].map { .product(name: $0, package: "swift-nio") }

let package = Package(
    name: "zitadel-kafka-bridge",
    products: [
        .executable(name: "zitadel-bridge", targets: ["Bridge"]),
        .executable(name: "zitadel-consumer", targets: ["Consumer"]),
        .executable(name: "zitadel-simulator", targets: ["Simulator"]),
        .executable(name: "kafka-dev-broker", targets: ["DevBroker"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        // System libraries, from Debian's -dev packages through pkg-config.
        .systemLibrary(name: "CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),

        // What the programs share. Dependencies point inward: nothing here knows a program.
        .target(name: "EventContract"),
        .target(name: "KafkaClient", dependencies: ["CRdKafka", lifecycle, logging]),
        .target(name: "KafkaMockCluster", dependencies: ["CMockSockets", "CRdKafka"]),
        .target(name: "CMockSockets"),
        .target(
            name: "ServiceRuntime",
            dependencies: [
                "CLinux", argumentParser, hummingbird, lifecycle, logging, signals, nio[0], nioSSL,
            ]),
        .target(name: "ZitadelClient", dependencies: ["CCrypto", "CCurl", "EventContract", logging]),

        // The programs. They share nothing but the topic.
        .executableTarget(
            name: "Bridge",
            dependencies: [
                "EventContract", "KafkaClient", "ServiceRuntime", "ZitadelClient", argumentParser, lifecycle, logging,
            ] + nio),
        .executableTarget(
            name: "Consumer",
            dependencies: [
                "CPostgres", "CSQLite", "EventContract", "KafkaClient", "ServiceRuntime", "CCrypto", argumentParser,
                lifecycle, logging,
            ] + nio),
        .executableTarget(
            name: "Simulator",
            dependencies: [
                "CCurl", "EventContract", "ServiceRuntime", "ZitadelClient", argumentParser, hummingbird, lifecycle,
                logging, nio[0],
            ]),
        .executableTarget(name: "DevBroker", dependencies: ["KafkaMockCluster", argumentParser]),

        // Tests.
        .target(
            name: "TestSupport", dependencies: ["EventContract", "KafkaClient", logging], path: "Tests/TestSupport"),
        .testTarget(name: "EventContractTests", dependencies: ["EventContract", "TestSupport"]),
        .testTarget(
            name: "KafkaClientTests", dependencies: ["KafkaClient", "KafkaMockCluster", "TestSupport", logging]),
        .testTarget(
            name: "ServiceRuntimeTests",
            dependencies: ["CLinux", "ServiceRuntime", "TestSupport", argumentParser, lifecycle, logging] + nio),
        .testTarget(
            name: "ZitadelClientTests", dependencies: ["EventContract", "ZitadelClient", "TestSupport", logging]),
        .testTarget(
            name: "BridgeTests",
            dependencies: [
                "Bridge", "EventContract", "KafkaClient", "KafkaMockCluster", "ServiceRuntime", "TestSupport",
                "ZitadelClient", argumentParser, logging,
            ] + nio),
        .testTarget(
            name: "ConsumerTests",
            dependencies: [
                "Consumer", "CSQLite", "EventContract", "KafkaClient", "KafkaMockCluster", "ServiceRuntime",
                "TestSupport", logging, .product(name: "NIOEmbedded", package: "swift-nio"),
            ] + nio),
        .testTarget(
            name: "SimulatorTests",
            dependencies: [
                "Simulator", "ServiceRuntime", "TestSupport", "ZitadelClient", argumentParser, hummingbird, lifecycle,
                logging,
            ]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Consumer", "CSQLite", "EventContract", "KafkaClient", "KafkaMockCluster", "TestSupport",
                "ZitadelClient", logging,
            ]),
        .testTarget(name: "TidyTests", dependencies: ["TestSupport"]),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"), .treatAllWarnings(as: .error),
    ]
}
