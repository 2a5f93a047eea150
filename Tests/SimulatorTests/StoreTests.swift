import Foundation
import TestSupport
import Testing

@testable import Simulator

@Suite("Store")
struct StoreTests {
    @Test("Events, targets, executions and the tenant are there after a restart, and new ids are new")
    func restart() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("store")
        let box = Box<(search: String, lists: String, users: String)>(("", "", ""))
        try await withZitadel {
            $0.storePath = path
        } _: { zitadel in
            let target = try await zitadel.createTarget("t", "http://127.0.0.1:1/")
            _ = try await zitadel.createTarget("gone", "http://127.0.0.1:1/")
            _ = try await zitadel.setExecution(#"{"event":"user.locked"}"#, target.id)
            _ = try await zitadel.setExecution(#"{"event":"user.unlocked"}"#, target.id)
            _ = try await zitadel.setExecution(#"{"event":"user.unlocked"}"#)
            let list = try await zitadel.call("POST", "/v2/actions/targets/search", #"{"filters":[]}"#).body
            #expect(list.contains(#""name":"gone""#))
            try await zitadel.command(["demo"])
            box.value = try await Self.contents(zitadel)
        }
        try await withZitadel {
            $0.storePath = path
        } _: { zitadel in
            #expect(try await Self.contents(zitadel) == box.value)
            let before = Set(try await zitadel.search("{}").map(\.aggregate.id))
            try await zitadel.command(["create-user", "new"])
            let newest = try #require(try await zitadel.search(#"{"limit":1}"#).first)
            #expect(!before.contains(newest.aggregate.id))
            try await zitadel.command(["lock", "ada"])
        }
    }

    private static func contents(_ zitadel: ZitadelUnderTest) async throws -> (String, String, String) {
        let lists = try await zitadel.command(["targets"]) + zitadel.command(["executions"])
        return (
            try await zitadel.call("POST", "/admin/v1/events/_search").body, lists,
            try await zitadel.command(["users"])
        )
    }

    @Test("A line that a crash cut off is removed; a broken one stops the start with its place")
    func damage() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("store")
        try Data("E\tuser\t1\to\t1\t5\t1\tuser.locked\te\t\nE\tuser\t2\to\t1\t5".utf8).write(
            to: URL(fileURLWithPath: path))
        #expect(try StoreFile.entries(path: path).count == 1)
        #expect(try StoreFile.entries(path: path).count == 1)
        #expect(FileManager.default.contents(atPath: path)?.last == UInt8(ascii: "\n"))
        try Data("nonsense\n".utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: SimulatorError.invalid("\(path):1 is no entry of a store")) {
            try StoreFile.entries(path: path)
        }
    }
}
