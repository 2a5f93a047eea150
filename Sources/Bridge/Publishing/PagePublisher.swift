import EventContract
import KafkaClient
import NIOCore

/// Publishes pages on the event loop that webhooks come in on, in slices, so that no webhook waits long for it.
struct PagePublisher: PagePublishing {
    let publishing: PublishLoop
    let metrics: BridgeMetrics

    func publish(
        _ page: EventSearchPage, _ items: [Int], path: EventPath
    ) async throws(PublishError) -> PageOutcome {
        let (publishing, metrics) = (publishing, metrics)
        do {
            return try await publishing.use {
                try await publishing.loop.flatSubmit {
                    let submission = PageSubmission(page, items, path, publishing, metrics)
                    submission.advance()
                    return submission.outcome
                }.get()
            }
        } catch let error as PublishError {
            throw error
        } catch {
            // The loop is about to end: the bridge is shutting down.
            throw .closed
        }
    }

    func learn(_ users: [UTF8Text: UTF8Text]) async {
        // Without its loop there is nothing to learn for.
        try? await publishing.withPipeline { $0.learn(users) }
    }
}

/// The events of one page on their way. Confined to the event loop.
private final class PageSubmission {
    /// Events handed to Kafka's client before others have their turn on the loop: about a millisecond.
    private static let sliceMax = 64
    /// Records of this page waiting for Kafka at once: a share of the client's queue, the rest is for webhooks.
    private static let inFlightMax = 2000
    /// How long to wait when the client's queue is full of other records.
    private static let fullQueuePause = TimeAmount.milliseconds(50)

    private let page: EventSearchPage
    private let items: [Int]
    private let path: EventPath
    private let publishing: PublishLoop
    private let metrics: BridgeMetrics
    private let promise: EventLoopPromise<PageOutcome>
    private var result = PageOutcome()
    private var next = 0
    private var inFlight = 0
    private var failure: PublishError?
    private var isAdvancing = false
    private var event = ZitadelEvent()

    init(
        _ page: EventSearchPage, _ items: [Int], _ path: EventPath, _ publishing: PublishLoop, _ metrics: BridgeMetrics
    ) {
        self.page = page
        self.items = items
        self.path = path
        self.publishing = publishing
        self.metrics = metrics
        promise = publishing.loop.makePromise()
    }

    var outcome: EventLoopFuture<PageOutcome> { promise.futureResult }

    /// Submits the next slice, or ends when everything is answered for.
    func advance() {
        isAdvancing = false
        let delivery = EventPipeline.Delivery(path: path, receivedAt: publishing.onLoop.now, traceParent: nil)
        var submitted = 0
        while failure == nil, next < items.count, inFlight < Self.inFlightMax, submitted < Self.sliceMax {
            do throws(PublishError) {
                try submit(items[next], delivery)
            } catch {
                guard error != .queueFull else { return again(after: Self.fullQueuePause) }
                failed(page.items[items[next]], error)
            }
            next += 1
            submitted += 1
        }
        if next < items.count, failure == nil {
            // With too many in flight, a delivery report goes on.
            if inFlight < Self.inFlightMax { again(after: .zero) }
        } else if inFlight == 0 {
            end()
        }
    }

    private func again(after pause: TimeAmount) {
        guard !isAdvancing else { return }
        isAdvancing = true
        publishing.loop.assumeIsolated().scheduleTask(in: pause) { self.advance() }
    }

    private func end() {
        if let failure { promise.fail(failure) } else { promise.succeed(result) }
    }

    /// - Parameter index: of the item in the page.
    private func submit(_ index: Int, _ delivery: EventPipeline.Delivery) throws(PublishError) {
        let item = page.items[index]
        guard item.isEvent else {
            result.malformed += 1
            return metrics.count(.malformed, path)
        }
        let receiver = PageRecord(self, index)
        let pipeline = publishing.onLoop
        let submission = try item.withEvent(in: &event) { (event) throws(PublishError) in
            try pipeline.submit(searched: event, delivery, receiver: receiver)
        }
        count(submission, item, receiver)
    }

    private func count(
        _ submission: EventPipeline.Submission, _ item: EventSearchPage.Item, _ receiver: PageRecord
    ) {
        switch submission {
        case .inFlight(let id):
            receiver.fingerprint = id
            inFlight += 1
        case .duplicate:
            result.duplicates += 1
            metrics.count(.duplicate, path)
        case .withheld(let outcome):
            result.withheld += 1
            metrics.count(outcome, path)
        case .incomplete:
            result.incomplete += 1
            metrics.count(.incomplete, path)
        case .wrongInstance:
            result.malformed += 1
            metrics.count(.malformed, path)
        case .unresolved:
            hold(item, .unresolvedSubject(grant: item.grantWithoutUser ?? item.type), .unresolved)
        }
    }

    fileprivate func delivered(_ record: PageRecord, _ error: PublishError?) {
        inFlight -= 1
        let item = page.items[record.index]
        if let error {
            failed(item, error)
        } else if let id = record.fingerprint {
            result.published += 1
            publishing.onLoop.acknowledged(id, createdAt: item.createdAt, path: path)
        }
        if !isAdvancing { advance() }
    }

    private func failed(_ item: EventSearchPage.Item, _ error: PublishError) {
        guard error.disposition == .reject else {
            metrics.count(.kafkaFailed, path)
            failure = failure ?? error
            return
        }
        hold(item, .refused(error), .kafkaRefused)
    }

    private func hold(_ item: EventSearchPage.Item, _ reason: HeldEvent.Reason, _ outcome: EventOutcome) {
        guard let id = item.id else { return }
        metrics.count(outcome, path)
        result.held.append(HeldEvent(id: id, type: item.type, createdAt: item.createdAt, reason: reason))
    }
}

/// Waits for one record of a page.
private final class PageRecord: DeliveryReceiver {
    /// Of the item in the page.
    let index: Int
    var fingerprint: PublishedIDs.Fingerprint?
    private let submission: PageSubmission

    init(_ submission: PageSubmission, _ index: Int) {
        self.submission = submission
        self.index = index
    }

    override func recordDelivered(_ failure: PublishError?) {
        submission.delivered(self, failure)
    }
}
