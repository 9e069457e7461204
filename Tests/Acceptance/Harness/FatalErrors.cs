using System.Collections.Concurrent;

namespace Cmud.Tests.Acceptance.Harness;

/// <summary>Keeps what Orleans holds to be fatal. Its own handler ends the process, and with it the whole test run.</summary>
internal sealed class FatalErrors : IFatalErrorHandler
{
    private readonly ConcurrentQueue<string> _seen = new();

    public IReadOnlyCollection<string> Seen => _seen;

    public bool IsUnexpected(Exception exception) => exception is not ThreadAbortException;

    public void OnFatalException(object? sender, string? context, Exception? exception) => _seen.Enqueue($"{sender}: {context} {exception}");
}
