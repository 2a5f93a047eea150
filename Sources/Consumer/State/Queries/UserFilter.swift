package import EventContract

/// Which users a list names, and which part of it. Conditions that are set hold together.
package struct UserFilter: Equatable, Sendable {
    /// Users in a page.
    package static let limits = 1...500
    package static let limitDefault = 100

    package var orgID: UTF8Text?
    package var groupID: UTF8Text?
    package var username: UTF8Text?
    /// Users in the page, one of `limits`.
    package var limit: Int
    /// The page begins behind this user id.
    package var after: UTF8Text?

    package init(
        orgID: UTF8Text? = nil, groupID: UTF8Text? = nil, username: UTF8Text? = nil, limit: Int = limitDefault,
        after: UTF8Text? = nil
    ) {
        self.orgID = orgID
        self.groupID = groupID
        self.username = username
        self.limit = limit
        self.after = after
    }
}

/// A part of a list, sorted by id.
package struct Page<Element> {
    package var elements: [Element] = []
    /// Where the next page begins behind; nil at the end of the list.
    package var next: UTF8Text?
}
