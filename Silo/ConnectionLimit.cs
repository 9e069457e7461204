using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Cmud.Silo;

/// <summary>Holds the connections of some ports together below a number, and those of one address below another; what comes beyond is closed at once.</summary>
/// <remarks>Kestrel's own MaxConcurrentConnections counts each port apart: with many query grains they would use up the files that the process may have open.</remarks>
/// <param name="most">Most connections at a time.</param>
/// <param name="mostOfAddress">Most of one address.</param>
/// <param name="time">The clock.</param>
internal sealed class ConnectionLimit(int most, int mostOfAddress, TimeProvider time)
{
    /// <summary>How long a client may take what was said last: up to 64 KiB.</summary>
    public static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, int> _open = [];
    private int _all;

    /// <summary>A layer over the connections of a port.</summary>
    public ConnectionDelegate Guard(ConnectionDelegate next) => async connection =>
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.None;
        if (!TryEnter(address)) return;

        try
        {
            await next(connection);
        }
        finally
        {
            await EndAsync(connection);
            Leave(address);
        }
    };

    /// <summary>Returns when the client has what it was sent last, or has had its time for it.</summary>
    /// <remarks>The web server would do the same a moment later, but without an end: who reads nothing would have a socket here for ever that no limit counts.</remarks>
    private async Task EndAsync(ConnectionContext connection)
    {
        var ending = connection.DisposeAsync();
        if (ending.IsCompletedSuccessfully) return;

        using var limit = new CancellationTokenSource(FarewellTime, time);
        await using var cut = limit.Token.Register(connection.Abort);
        await ending;
    }

    private bool TryEnter(IPAddress address)
    {
        lock (_gate)
        {
            var open = _open.GetValueOrDefault(address);
            if (_all == most || open == mostOfAddress) return false;

            _open[address] = open + 1;
            _all++;
            return true;
        }
    }

    private void Leave(IPAddress address)
    {
        lock (_gate)
        {
            _all--;
            if (--_open[address] == 0) _open.Remove(address);
        }
    }
}
