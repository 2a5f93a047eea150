import EventContract

/// Reads the columns of a row from left to right. NULL reads as empty text, 0 or false.
struct RowReader {
    private let rows: any StateRows
    private var column: Int32

    init(_ rows: any StateRows, from column: Int32 = 0) {
        self.rows = rows
        self.column = column
    }

    mutating func text() -> UTF8Text { rows.text(next()) }

    mutating func integer() -> Int64 { rows.integer(next()) }

    mutating func flag() -> Bool { integer() != 0 }

    private mutating func next() -> Int32 {
        defer { column += 1 }
        return column
    }
}

// The orders of columns below are those of `StateQueries`. Swift evaluates arguments from left to right.

extension UserFacts {
    init(_ row: inout RowReader) {
        self.init(
            id: row.text(), orgID: row.text(), isMachine: row.text() == "machine", state: row.text(),
            username: row.text(), profile: Profile(&row), createdSequence: row.integer(),
            createdTime: row.integer(), removedSequence: row.integer(), removedTime: row.integer(),
            metadataClearedSequence: row.integer(), organization: OrganizationFacts(&row))
    }
}

extension UserFacts.Profile {
    static let columnCount = 12

    fileprivate init(_ row: inout RowReader) {
        self.init(
            firstName: row.text(), lastName: row.text(), nickName: row.text(), displayName: row.text(),
            preferredLanguage: row.text(), gender: row.text(), email: row.text(), emailVerified: row.flag(),
            phone: row.text(), phoneVerified: row.flag(), name: row.text(), description: row.text())
    }
}

extension MetadataFacts {
    init(_ row: inout RowReader) {
        self.init(key: row.text(), value: row.text(), sequence: row.integer())
    }
}

extension OrganizationFacts {
    fileprivate init(_ row: inout RowReader) {
        self.init(
            createdSequence: row.integer(), removedSequence: row.integer(), removedTime: row.integer(),
            isInactive: row.flag())
    }
}

extension GrantFacts {
    /// - Returns: the grant, and when its role keys were set.
    static func read(_ row: inout RowReader) -> (GrantFacts, roleKeysTime: Int64) {
        let (id, orgID, projectID, projectGrantID) = (row.text(), row.text(), row.text(), row.text())
        let (createdTime, isInactive) = (row.integer(), row.flag())
        let (roleKeys, roleKeysTime) = (row.text(), row.integer())
        let grant = GrantFacts(
            id: id, orgID: orgID, projectID: projectID, projectGrantID: projectGrantID, createdTime: createdTime,
            isInactive: isInactive, roleKeys: roleKeys, roleKeysRemovedSince: [],
            organization: OrganizationFacts(&row), project: ProjectFacts(&row), projectGrant: ProjectGrantFacts(&row))
        return (grant, roleKeysTime)
    }
}

extension ProjectFacts {
    fileprivate init(_ row: inout RowReader) {
        self.init(
            createdSequence: row.integer(), createdTime: row.integer(), removedSequence: row.integer(),
            removedTime: row.integer(), isInactive: row.flag(), ownerRemovedTime: row.integer())
    }
}

extension ProjectGrantFacts {
    fileprivate init(_ row: inout RowReader) {
        self.init(
            createdSequence: row.integer(), createdTime: row.integer(), removedSequence: row.integer(),
            removedTime: row.integer(), isInactive: row.flag(), roleKeys: RoleKeys.decode(row.text()),
            grantedOrgRemovedTime: row.integer())
    }
}
