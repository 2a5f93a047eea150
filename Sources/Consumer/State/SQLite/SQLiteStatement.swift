import CSQLite
package import EventContract

/// A prepared statement of one connection.
package final class SQLiteStatement: StateRows {
    private let handle: OpaquePointer
    /// Not owned: the connection keeps statements itself, and would never close.
    private unowned let connection: SQLiteConnection

    init(_ handle: OpaquePointer, of connection: SQLiteConnection) {
        self.handle = handle
        self.connection = connection
    }

    deinit { sqlite3_finalize(handle) }

    /// Binds text for as long as it takes: SQLite copies it.
    package func bind(_ index: Int32, _ text: UTF8Text) {
        let code = text.bytes.withUnsafeBytes { bytes in
            zkb_bind_text(handle, index, Self.characters(bytes), Int32(bytes.count))
        }
        precondition(code == SQLITE_OK, "text is bound to a parameter the statement has")
    }

    /// Binds text through `arena`, whose bytes have to stay until the statement has been stepped.
    package func bind(_ index: Int32, _ text: UTF8Text, in arena: BindArena) {
        guard let copy = text.bytes.withUnsafeBytes({ arena.copy($0) }) else { return bind(index, text) }
        let code = zkb_bind_static_text(handle, index, Self.characters(copy), Int32(copy.count))
        precondition(code == SQLITE_OK, "text is bound to a parameter the statement has")
    }

    package func bind(_ index: Int32, _ value: FactValue) {
        switch value {
        case .text(let text): bind(index, text)
        case .integer(let integer): bind(index, integer)
        case .null: bindNull(index)
        }
    }

    /// Binds the first parameters, in their order.
    package func bind(_ values: [FactValue]) {
        for (index, value) in values.enumerated() { bind(Int32(index + 1), value) }
    }

    package func bind(_ index: Int32, _ integer: Int64) {
        precondition(sqlite3_bind_int64(handle, index, integer) == SQLITE_OK, "the statement has the parameter")
    }

    package func bindNull(_ index: Int32) {
        precondition(sqlite3_bind_null(handle, index) == SQLITE_OK, "the statement has the parameter")
    }

    /// - Returns: true when there is a row to read, false at the end.
    package func step() throws(StateError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code:
            sqlite3_reset(handle)
            throw connection.failure(code)
        }
    }

    /// Makes the statement ready to run again; its parameters keep their values.
    package func reset() { sqlite3_reset(handle) }

    package func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    package func fact(_ column: Int32) -> FactValue {
        switch sqlite3_column_type(handle, column) {
        case SQLITE_NULL: .null
        case SQLITE_INTEGER: .integer(integer(column))
        default: .text(text(column))
        }
    }

    /// The text of a column; empty for NULL.
    package func text(_ column: Int32) -> UTF8Text {
        guard let start = sqlite3_column_text(handle, column) else { return UTF8Text(bytes: []) }
        let count = Int(sqlite3_column_bytes(handle, column))
        return UTF8Text(bytes: Array(UnsafeBufferPointer(start: start, count: count)))
    }

    /// A null pointer would bind NULL, so empty text gets the address of something.
    private static func characters(_ bytes: UnsafeRawBufferPointer) -> UnsafePointer<CChar> {
        guard let base = bytes.baseAddress else { return Self.emptyText }
        return base.assumingMemoryBound(to: CChar.self)
    }

    private nonisolated(unsafe) static let emptyText: UnsafePointer<CChar> = {
        let text = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
        text.initialize(to: 0)
        return UnsafePointer(text)
    }()
}

/// Memory for the texts of one row while its statement runs: one allocation for all rows instead of one per text.
package final class BindArena {
    /// A row that needs more lets SQLite copy the rest.
    private static let sizeMax = 64 << 10

    private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: sizeMax, alignment: 1)
    private var used = 0

    package init() {}

    deinit { memory.deallocate() }

    package func reset() { used = 0 }

    /// - Returns: the copy, valid until `reset`; nil when no room is left.
    func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard bytes.count <= memory.count - used else { return nil }
        let place = UnsafeMutableRawBufferPointer(rebasing: memory[used..<used + bytes.count])
        place.copyMemory(from: bytes)
        used += bytes.count
        return UnsafeRawBufferPointer(place)
    }
}
