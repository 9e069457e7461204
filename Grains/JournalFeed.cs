using Cmud.Grains.Interfaces;
using Cmud.Replication.Sync;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cmud.Grains;

/// <summary>Carries what the journal committed to the sync grain: one-way messages at the pace of every other pair.</summary>
/// <remarks>Each message is one contiguous interval, newest per key, so nothing can be claimed that was not handed over.</remarks>
internal sealed class JournalFeed(StoreServer server, IGrainFactory grains, SyncSettings settings, ILogger<JournalFeed> logger) : BackgroundService
{
    private readonly RateMeter _meter = new();
    private long _entries;
    private long _messages;

    /// <summary>What was sent so far.</summary>
    public PairStatus Status => new("journal to sync", Interlocked.Read(ref _messages), _meter.Busiest, 0, 0, Interlocked.Read(ref _entries), 0, 0, 0, 0, true);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var sync = grains.GetGrain<ILocalSync>(0);
        try
        {
            while (true)
            {
                await server.Journal.WaitAsync(stoppingToken);
                if (server.Journal.Take() is not { } slice) continue;

                var takenIn = server.SyncPace.Begin(slice.Entries.Count);
                await sync.Commit(new(slice.After, slice.UpTo, [.. slice.Entries]));
                _meter.Sent(server.Now);
                Interlocked.Increment(ref _messages);
                Interlocked.Add(ref _entries, slice.Entries.Count);
                // The pace of messages. What comes while the sync grain is busy gathers in the journal, newest per key, and not before the grain.
                await Task.Delay(settings.SendInterval, server.Time, stoppingToken);
                await takenIn.WaitAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            logger.LogDebug("The journal feed of {Server} has stopped", server.Me.Name);
        }
    }
}
