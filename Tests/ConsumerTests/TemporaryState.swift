import Consumer
import EventContract
import Foundation
import TestSupport

/// A folder for one test's state, removed with it. In memory where the machine has `/dev/shm`: the tests sync often.
final class TemporaryState {
    let folder: URL
    var path: String { folder.appendingPathComponent("state.db").path }

    init() throws {
        let memory = URL(fileURLWithPath: "/dev/shm")
        let base =
            FileManager.default.isWritableFile(atPath: memory.path)
            ? memory : FileManager.default.temporaryDirectory
        folder = base.appendingPathComponent("zkb-state-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    func store() throws -> any StateStore { try StateLocation.sqlite(path: path).store() }

    func reader() throws -> StateReader { try StateLocation.sqlite(path: path).reader() }

    func export(groupsKey: UTF8Text = "groups", warn: @escaping (GroupsWarning) -> Void = { _ in }) throws -> String {
        var bytes: [UInt8] = []
        let export = StateExport(try reader(), groupsKey: groupsKey, warn: warn)
        try export.write { (piece) throws(StateError) in bytes += piece }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Everything SQLite has written for this state, its write-ahead log included.
    func files() throws -> Data {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .map { try Data(contentsOf: $0) }.reduce(Data(), +)
    }
}

extension CanonicalEvent {
    init(_ record: GoldenRecord) throws {
        self = try Array(record.key.utf8).withUnsafeBytes { key in
            try Array(record.value.utf8).withUnsafeBytes { value in try CanonicalEvent(key: key, value: value) }
        }
    }
}
