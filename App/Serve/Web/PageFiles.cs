using System.Reflection;
using Microsoft.AspNetCore.Http;

namespace Cmud.App.Serve.Web;

/// <summary>The page, its script and its style sheet, which stand in the assembly.</summary>
internal sealed class PageFiles
{
    /// <summary>Nothing from elsewhere, no inline script, no frame around it: were a text ever taken for markup, it could still do nothing.</summary>
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private readonly Dictionary<string, (string Type, byte[] Content)> _files = new()
    {
        ["/"] = ("text/html; charset=utf-8", Load("page.html")),
        ["/page.js"] = ("text/javascript; charset=utf-8", Load("page.js")),
        ["/page.css"] = ("text/css; charset=utf-8", Load("page.css")),
    };

    /// <summary>Says to the browser what no answer of ours may be used for.</summary>
    public static void Secure(HttpResponse response)
    {
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";

        // Page and host are of one version, or they might not understand one another.
        response.Headers.CacheControl = "no-cache";
    }

    /// <summary>Answers a request for one of them.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        var isRead = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        if (!isRead || !_files.TryGetValue(context.Request.Path.Value ?? "", out var file))
        {
            context.Response.StatusCode = isRead ? StatusCodes.Status404NotFound : StatusCodes.Status405MethodNotAllowed;
            return;
        }

        (context.Response.ContentType, context.Response.ContentLength) = (file.Type, file.Content.Length);
        if (HttpMethods.IsGet(context.Request.Method)) await context.Response.Body.WriteAsync(file.Content, context.RequestAborted);
    }

    private static byte[] Load(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }
}
