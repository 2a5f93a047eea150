import EventContract
import TestSupport

/// The contract's rules written a second time, plainly: sort each aggregate's events and replay them, then ask.
///
/// Slow, with everything in memory, and with nothing of the program but the events.
struct ReferenceState {
    fileprivate struct Life {
        var born: CanonicalEvent
        var state = "active"
        var texts: [PayloadField: UTF8Text] = [:]
        var emailVerified = false
        var phoneVerified = false
        var metadata: [UTF8Text: UTF8Text] = [:]
    }

    private struct Grant {
        var added: CanonicalEvent
        var isActive = true
        var keys: [UTF8Text]
        var keysSet: CanonicalEvent
    }

    private let events: [CanonicalEvent]

    /// - Parameter events: in any order, with doubles.
    init(_ events: [CanonicalEvent]) {
        var known: Set<UTF8Text> = []
        self.events = events.filter { known.insert($0.id).inserted }
    }

    /// One line per visible user, as `StateSummary` writes it.
    var lines: [String] {
        Set(events.filter { $0.type == .userCreated }.map(\.aggregateID)).sorted().compactMap(line)
    }

    private func line(of user: UTF8Text) -> String? {
        guard let life = life(of: user), !isEnded(life.born, byRemovalOf: life.born.resourceOwner) else { return nil }
        let texts = StateSummary.fields.map { "\(life.texts[$0] ?? ($0 == .gender ? "unspecified" : ""))" }
        let metadata = life.metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let grants = grants(of: user).sorted { $0.added.aggregateID < $1.added.aggregateID }
        return StateSummary.line(
            [user.description, life.born.resourceOwner.description, life.state] + texts
                + ["\(life.emailVerified)", "\(life.phoneVerified)"],
            metadata, grants.map { describe($0) }, access(of: life, grants))
    }

    private func history(_ type: AggregateType, _ id: UTF8Text) -> [CanonicalEvent] {
        events.filter { $0.aggregateType == type && $0.aggregateID == id }.sorted { $0.sequence < $1.sequence }
    }

    private func life(of user: UTF8Text) -> Life? {
        var life: Life?
        for event in history(.user, user) {
            switch event.type {
            case .userCreated:
                life = Life(born: event)
                life?.take(event)
            case .userRemoved: life = nil
            case .userProfileUpdated, .userUsernameChanged: life?.take(event)
            case .userEmailChanged:
                life?.take(event)
                life?.emailVerified = false
            case .userEmailVerified: life?.emailVerified = true
            case .userPhoneChanged, .userPhoneRemoved:
                life?.texts[.phone] = event.payload.text(.phone) ?? ""
                life?.phoneVerified = false
            case .userPhoneVerified: life?.phoneVerified = true
            case .userInitializationRequested: life?.state = "initial"
            case .userInitialized, .userUnlocked, .userReactivated: life?.state = "active"
            case .userLocked: life?.state = "locked"
            case .userDeactivated: life?.state = "inactive"
            case .userMetadataSet: life?.metadata[event.payload.text(.key) ?? ""] = event.payload.text(.value) ?? ""
            case .userMetadataRemoved: life?.metadata[event.payload.text(.key) ?? ""] = nil
            case .userMetadataCleared: life?.metadata = [:]
            default: break
            }
        }
        return life
    }

    private func grants(of user: UTF8Text) -> [Grant] {
        let ids = Set(events.filter { $0.aggregateType == .userGrant && $0.subject == user }.map(\.aggregateID))
        return ids.compactMap { grant($0) }.filter { grant in
            !events.contains { $0.type == .userRemoved && $0.aggregateID == user && grant.added.isOlder(than: $0) }
        }
    }

    private func grant(_ id: UTF8Text) -> Grant? {
        var grant: Grant?
        for event in history(.userGrant, id) {
            switch event.type {
            case .userGrantAdded:
                grant = Grant(added: event, keys: event.payload.texts(.roleKeys) ?? [], keysSet: event)
            case .userGrantChanged:
                grant?.keys = event.payload.texts(.roleKeys) ?? []
                grant?.keysSet = event
            case .userGrantRemoved: grant = nil
            case .userGrantDeactivated: grant?.isActive = false
            case .userGrantReactivated: grant?.isActive = true
            default: break
            }
        }
        return grant
    }

    private func access(of life: Life, _ grants: [Grant]) -> [String] {
        guard life.state == "active", isUsable(organization: life.born.resourceOwner) else { return [] }
        var keys: [[UTF8Text]: Set<UTF8Text>] = [:]
        for grant in grants where gives(grant, life) {
            let project = grant.added.payload.text(.projectID) ?? ""
            var given = Set(grant.keys)
            for event in history(.project, project)
            where event.type == .projectRoleRemoved && grant.keysSet.isOlder(than: event) {
                given.remove(event.payload.text(.key) ?? "")
            }
            if let id = grant.added.projectGrantID { given.formIntersection(projectGrantKeys(project, id, grant)) }
            keys[[grant.added.resourceOwner, project], default: []].formUnion(given)
        }
        return keys.filter { !$0.value.isEmpty }.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { entry in
            "\(entry.key[0])/\(entry.key[1]):\(entry.value.sorted().map(\.description).joined(separator: "+"))"
        }
    }

    private func gives(_ grant: Grant, _ life: Life) -> Bool {
        let project = grant.added.payload.text(.projectID) ?? ""
        guard grant.isActive, isUsable(organization: grant.added.resourceOwner), isUsable(project: project) else {
            return false
        }
        return ![life.born.resourceOwner, grant.added.resourceOwner].contains { isEnded(grant.added, byRemovalOf: $0) }
            && !isEnded(grant.added, byRemovalOfProject: project)
    }

    private func isUsable(organization id: UTF8Text) -> Bool {
        var isUsable = true
        var isActive = true
        for event in history(.organization, id) {
            switch event.type {
            case .organizationCreated: (isUsable, isActive) = (true, true)
            case .organizationRemoved: isUsable = false
            case .organizationDeactivated: isActive = false
            case .organizationReactivated: isActive = true
            default: break
            }
        }
        return isUsable && isActive
    }

    private func isUsable(project id: UTF8Text) -> Bool {
        var isUsable = true
        var isActive = true
        for event in history(.project, id) {
            switch event.type {
            case .projectCreated: (isUsable, isActive) = (true, true)
            case .projectRemoved: isUsable = false
            case .projectDeactivated: isActive = false
            case .projectReactivated: isActive = true
            default: break
            }
        }
        let created = history(.project, id).last { $0.type == .projectCreated }
        return isUsable && isActive && !(created.map { isEnded($0, byRemovalOf: $0.resourceOwner) } ?? false)
    }

    /// The keys that the project grant allows the grant; none when it is not there or inactive.
    private func projectGrantKeys(_ project: UTF8Text, _ id: UTF8Text, _ grant: Grant) -> Set<UTF8Text> {
        var added: CanonicalEvent?
        var keys: Set<UTF8Text> = []
        var isActive = true
        let owner = history(.project, project).last { $0.type == .projectCreated }?.resourceOwner
        for event in history(.project, project) where event.type == .projectRemoved || event.projectGrantID == id {
            switch event.type {
            case .projectGrantAdded: (added, keys, isActive) = (event, Set(event.payload.texts(.roleKeys) ?? []), true)
            case .projectGrantChanged: keys = Set(event.payload.texts(.roleKeys) ?? [])
            case .projectGrantDeactivated: isActive = false
            case .projectGrantReactivated: isActive = true
            case .projectGrantRemoved:
                if grant.added.isOlder(than: event) { return [] }
                added = nil
            case .projectRemoved: added = nil
            default: break
            }
        }
        // A grant that was added before one of the removals above is out, even if the project grant came again.
        let removals = history(.project, project).filter { $0.type == .projectGrantRemoved && $0.projectGrantID == id }
        guard let added, isActive, !removals.contains(where: { grant.added.isOlder(than: $0) }) else { return [] }
        let organizations = [owner, added.payload.text(.grantedOrgID)].compactMap(\.self)
        return organizations.contains { isEnded(added, byRemovalOf: $0) } ? [] : keys
    }

    private func isEnded(_ event: CanonicalEvent, byRemovalOf organization: UTF8Text) -> Bool {
        events.contains {
            $0.type == .organizationRemoved && $0.aggregateID == organization && event.isOlder(than: $0)
        }
    }

    private func isEnded(_ grant: CanonicalEvent, byRemovalOfProject id: UTF8Text) -> Bool {
        let owner = history(.project, id).last { $0.type == .projectCreated }?.resourceOwner
        return events.contains { $0.type == .projectRemoved && $0.aggregateID == id && grant.isOlder(than: $0) }
            || owner.map { isEnded(grant, byRemovalOf: $0) } ?? false
    }

    private func describe(_ grant: Grant) -> String {
        let keys = Set(grant.keys).sorted().map(\.description)
        return "\(grant.added.aggregateID)\(grant.isActive ? "" : "!")\(EventMaker.list(keys))"
    }
}

extension ReferenceState.Life {
    fileprivate mutating func take(_ event: CanonicalEvent) {
        for field in StateSummary.fields { if let text = event.payload.text(field) { texts[field] = text } }
    }
}

extension CanonicalEvent {
    fileprivate var projectGrantID: UTF8Text? {
        payload.text(.projectGrantID).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Across aggregates: by time, then by id as bytes.
    fileprivate func isOlder(than other: CanonicalEvent) -> Bool { (time, id) < (other.time, other.id) }
}
