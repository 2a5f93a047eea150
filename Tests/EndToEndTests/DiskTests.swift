import Foundation
import Glibc
import TestSupport
import Testing

@Suite("The consumer's disk, in processes of their own")
struct DiskTests {
    @Test(
        "A full disk: not ready with the reason, nothing committed, and at work by itself once there is room",
        .enabled(if: PrivateDisk.isPossible, "needs a mount of its own"))
    func fullDisk() async throws {
        var generator = SeededGenerator(seed: 5)
        let users = MachineUsers(count: 1000, using: &generator)
        let pipeline = try await Pipeline()
        let folder = pipeline.folder.path("disk")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)

        let disk = PrivateDisk(over: folder)
        let first = try await pipeline.startConsumer(
            state: "disk/state.db", ["LOG_LEVEL": "info"], wrapper: disk.wrapper, label: "first")
        try await first.untilReady()
        disk.fill(of: first.process)
        try await TopicWriter(bootstrapServers: pipeline.bootstrapServers, topic: Pipeline.topic).write(users.records)
        try await first.untilDiskIsFull()
        #expect(try await first.ops.get("/livez").status == 200)
        #expect(try await first.ops.consumed() == 0)
        #expect(try await first.process.terminate() == .exited(0))
        #expect(first.process.log.count(of: "The state takes nothing; trying again") == 1, "once, not for each attempt")

        // On a disk of its own, so that it gets every record only if the first one committed nothing.
        let small = PrivateDisk(over: folder, free: 400 << 10)
        let second = try await pipeline.startConsumer(
            state: "disk/state.db", ["LOG_LEVEL": "info"], wrapper: small.wrapper, label: "second")
        try await second.untilDiskIsFull()
        try small.removeFiller(of: second.process)
        try await eventually(within: .seconds(30), "every record is consumed") {
            try await second.ops.consumed() == users.records.count
        }
        try await second.untilReady()
        #expect(try await second.ops.outcomeSum() == users.records.count)
        // Its files, copied while nothing is written: SQLite would not open them at a path of another mount.
        for file in ["state.db", "state.db-wal"] {
            try FileManager.default.copyItem(
                atPath: second.process.outside("\(folder)/\(file)"), toPath: pipeline.folder.path(file))
        }
        let export = try await pipeline.export()
        #expect(export.split(separator: "\n").count == 900)
        #expect(try await second.process.terminate() == .exited(0))
    }

    @Test(
        "A disk with no room for SQLite's shared index is a full disk too",
        .enabled(if: PrivateDisk.isPossible, "needs a mount of its own"))
    func noRoomForIndex() async throws {
        let folder = try TemporaryFolder()
        let disk = folder.path("disk")
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        // The database and its journal find room, the 32 KiB of the index do not.
        try await expectRefused(
            disk + "/state.db", in: folder, wrapper: PrivateDisk(over: disk, free: 24 << 10).wrapper,
            "no space is left for the state", named: "")
    }

    @Test(
        "A read-only disk ends the start with 1 and a message that names place, STATE_URL and the fix",
        .enabled(if: PrivateDisk.isPossible, "needs a mount of its own"))
    func readOnlyDisk() async throws {
        let folder = try TemporaryFolder()
        let disk = folder.path("disk")
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        try await expectRefused(
            disk + "/state.db", in: folder, wrapper: PrivateDisk.readOnly(over: disk).wrapper, "read-only: make")
    }

    @Test("A state that this user may not write ends the start with 1, place, STATE_URL and fix; so does its folder")
    func withoutRights() async throws {
        let folder = try TemporaryFolder()
        let place = folder.path("place")
        let state = place + "/state.db"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        // Root may write everywhere, unless that capability is taken from it.
        let wrapper =
            geteuid() == 0 ? ["/usr/bin/setpriv", "--bounding-set=-dac_override,-dac_read_search"] : []
        defer { chmod(place, 0o700) }
        chmod(place, 0o500)
        try await expectRefused(state, in: folder, wrapper: wrapper, "the folder must exist and be writable")
        chmod(place, 0o700)
        try Data().write(to: URL(fileURLWithPath: state))
        chmod(place, 0o500)
        try await expectRefused(state, in: folder, wrapper: wrapper, "writable")
        chmod(place, 0o700)
        chmod(state, 0o400)
        try await expectRefused(state, in: folder, wrapper: wrapper, "read-only: make the file and its folder writable")
    }

    private func expectRefused(
        _ state: String, in folder: TemporaryFolder, wrapper: [String], _ reason: String, named: String = "STATE_URL"
    ) async throws {
        let process = try await ProcessUnderTest.start(
            "zitadel-consumer", ["run"],
            environment: [
                "STATE_URL": "sqlite://\(state)", "CONSUMER_OPS_LISTEN": "127.0.0.1:0",
                "CONSUMER_LISTEN": "127.0.0.1:0",
            ], wrapper: wrapper,
            in: folder.url)
        #expect(try await process.untilEnd() == .exited(1), "\(process.log)")
        for text in [state, reason, named] where !text.isEmpty { #expect(process.log.contains(text), "\(process.log)") }
    }
}

extension Pipeline.Running {
    fileprivate func untilDiskIsFull() async throws {
        try await eventually(within: .seconds(30), "the full disk shows") {
            let answer = try await ops.get("/readyz")
            return answer.status == 503 && answer.body.contains("no space is left")
        }
    }
}
