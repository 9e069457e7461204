using Microsoft.Extensions.Hosting;

namespace Cmud.Grains;

/// <summary>Tells the sync grain when the disk of the journal has no room any more, and when it has it again: looking at a disk is nothing for a grain.</summary>
internal sealed class RoomWatch(StoreServer server, IGrainFactory grains) : BackgroundService
{
    /// <summary>At 200 MB/s 50 MB are written between two looks, by whoever writes there: within the default reserve.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!server.Journal.IsDurable) return;

        using var timer = new PeriodicTimer(LookInterval, server.Time);
        var hadRoom = true;
        do
        {
            var hasRoom = !server.Journal.IsFull;
            if (hasRoom == hadRoom) continue;

            hadRoom = hasRoom;
            await grains.GetGrain<ILocalSync>(0).RoomChanged(hasRoom);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }
}
