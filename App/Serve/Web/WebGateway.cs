using Microsoft.AspNetCore.Builder;

namespace Cmud.App.Serve.Web;

/// <summary>stub</summary>
internal sealed class WebGateway(SessionHost host, Lobby lobby, ServeOptions options)
{
    /// <summary>x</summary>
    public void Map(WebApplication app) => _ = (host, lobby, options, app);
}
