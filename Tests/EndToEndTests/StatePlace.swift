import Consumer
import Foundation
import TestSupport

/// Where a state is, for programs and for the test beside them.
struct StatePlace: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case sqlite, postgresql
    }

    let kind: Kind
    /// What `STATE_URL` says.
    let url: String
    let folder: TemporaryFolder

    /// - Parameter name: of the file, or of a schema that is made on PostgreSQL; no other test's.
    init(_ kind: Kind, _ name: String, in folder: TemporaryFolder) throws {
        self.kind = kind
        self.folder = folder
        switch kind {
        case .sqlite: url = "sqlite://\(folder.path("\(name).db"))"
        case .postgresql:
            try PostgresConnection(PostgresURL(PostgresCluster.shared.url())).execute("CREATE SCHEMA \(name)")
            url = PostgresCluster.shared.url(searchPath: name)
        }
    }

    /// Where it is, as the programs read it.
    var location: StateLocation {
        get throws { try StateLocation(url: url) }
    }

    /// Runs SQL beside the programs.
    func execute(_ sql: String) throws {
        switch try location {
        case .sqlite(let path): try SQLiteConnection(path: path, mode: .readWrite).execute(sql)
        case .postgres(let url): try PostgresConnection(url).execute(sql)
        }
    }
}
