using Microsoft.Extensions.Hosting;

namespace Cmud.Grains;

/// <summary>Before a server stops, it takes no more writes, and its peers get the last that it took: in memory mode nobody else has them.</summary>
internal sealed class Farewell(StoreServer server, IGrainFactory grains) : IHostedLifecycleService
{
    /// <inheritdoc/>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        server.Stop();
        // A stop that may not take time is a stop without a farewell: the grain would go on handing over, and its silo wait for it.
        if (cancellationToken.IsCancellationRequested) return;

        await grains.GetGrain<ILocalSync>(0).HandOver().AsTask().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
