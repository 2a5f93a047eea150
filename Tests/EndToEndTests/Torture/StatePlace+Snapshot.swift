import Consumer
import Foundation
import TestSupport

extension StatePlace {
    /// Something to apply records to that shows what the consumers have stored until now.
    ///
    /// A copy of SQLite's files, as the crash left them: opening them here would do the recovery that the next consumer
    /// is to do. On PostgreSQL it is the state itself, where records that it has change nothing.
    func snapshot() throws -> any StateStore {
        guard case .sqlite(let path) = try location else { return try location.store() }
        let copy = folder.path("copy")
        try? FileManager.default.removeItem(atPath: copy)
        try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
        // Without an index of its log SQLite recovers from the log.
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.copyItem(atPath: path + suffix, toPath: "\(copy)/state.db\(suffix)")
        }
        return try StateLocation(url: "sqlite://\(copy)/state.db").store()
    }
}
