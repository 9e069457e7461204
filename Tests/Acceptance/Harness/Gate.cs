namespace Cmud.Tests.Acceptance.Harness;

/// <summary>Open at first; who comes while it is closed waits until it opens.</summary>
internal sealed class Gate
{
    private volatile TaskCompletionSource? _closed;

    public Task PassAsync(CancellationToken cancellationToken) => _closed?.Task.WaitAsync(cancellationToken) ?? Task.CompletedTask;

    public void Close() => _closed ??= new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Open()
    {
        var closed = _closed;
        _closed = null;
        closed?.SetResult();
    }
}
