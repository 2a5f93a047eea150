import NIOCore
import NIOPosix

/// An event loop with a thread of its own that serves one listener and runs the tasks of its requests.
///
/// Otherwise a request goes from the loop's thread to the cooperative pool and back, and each way wakes a thread. What
/// runs here must not wait: it holds up every other request of the listener.
package final class ListenerLoop: TaskExecutor {
    /// For actors that answer requests between two others.
    package let executor: any SerialExecutor
    let loop: any EventLoop
    private let group: MultiThreadedEventLoopGroup

    /// Starts the thread: the service that is given the loop ends it.
    package init() {
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        loop = group.next()
        executor = loop.executor
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    func end() async { try? await group.shutdownGracefully() }
}
