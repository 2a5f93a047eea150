import Consumer
import EventContract
import Foundation
import Synchronization
import TestSupport
import Testing

/// The databases that keep the same promises.
enum StoreKind: String, CaseIterable, CustomTestStringConvertible {
    case sqlite, postgres

    var testDescription: String { rawValue }
}

/// One test's state, removed with it. In memory where the machine has `/dev/shm`: the tests sync often.
///
/// On SQLite a file in a folder of its own, on PostgreSQL a schema of its own.
final class TemporaryState {
    let folder: URL
    let location: StateLocation
    /// What `STATE_URL` would say.
    let url: String
    /// The schema on PostgreSQL (else empty), and what the server calls the state's connections.
    let schema: String
    private static let schemas = Atomic(0)

    var path: String { folder.appendingPathComponent("state.db").path }

    init(_ kind: StoreKind = .sqlite) throws {
        let memory = URL(fileURLWithPath: "/dev/shm")
        let base =
            FileManager.default.isWritableFile(atPath: memory.path)
            ? memory : FileManager.default.temporaryDirectory
        folder = base.appendingPathComponent("zkb-state-\(UUID().uuidString)")
        switch kind {
        case .sqlite:
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            schema = ""
            url = "sqlite://\(folder.appendingPathComponent("state.db").path)"
        case .postgres:
            let name = "test\(Self.schemas.add(1, ordering: .relaxed).newValue)"
            schema = name
            try Self.administer("CREATE SCHEMA \(name)")
            url = PostgresCluster.shared.url(searchPath: name)
        }
        location = try StateLocation(url: url)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
        if !schema.isEmpty { try? Self.administer("DROP SCHEMA \(schema) CASCADE") }
    }

    func store(stream: Bool = false) throws -> any StateStore { try location.store(stream: stream) }

    func reader() throws -> StateReader { try location.reader() }

    /// Empties every table, which is faster than a new state.
    func removeAll() throws {
        try execute(StateTable.allCases.map { "DELETE FROM \($0.name)" }.joined(separator: "; "))
    }

    /// Runs SQL beside the store.
    func execute(_ sql: String) throws {
        switch location {
        case .sqlite(let path): try SQLiteConnection(path: path, mode: .readWrite).execute(sql)
        case .postgres(let url): try PostgresConnection(url).execute(sql)
        }
    }

    /// Runs SQL as the owner of the PostgreSQL server.
    static func administer(_ sql: String) throws {
        try PostgresConnection(PostgresURL(PostgresCluster.shared.url())).execute(sql)
    }

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
