using Microsoft.AspNetCore.Connections;

namespace Cmud.Silo;

/// <summary>Holds the connections of some ports together below a number; what comes beyond is closed at once.</summary>
/// <remarks>Kestrel's own MaxConcurrentConnections counts each port apart: with many query grains they would use up the files that the process may have open.</remarks>
/// <param name="most">Most connections at a time.</param>
internal sealed class ConnectionLimit(int most)
{
    private int _open;

    /// <summary>A layer over the connections of a port.</summary>
    public ConnectionDelegate Guard(ConnectionDelegate next) => async connection =>
    {
        try
        {
            if (Interlocked.Increment(ref _open) <= most) await next(connection);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    };
}
